"""What a tally adds up on one chunk of samples: a function per family of sums."""

from analysis.sums.answers import ANSWERS, RIGHT_ANSWERS, answer_sums, right_answer_sums
from analysis.sums.classes import CLASSES, class_sums
from analysis.sums.counts import (
    ANSWERED,
    COUNTS,
    GRADED_COMPARED,
    answered_sums,
    count_sums,
    graded_compared_sums,
    group_sums,
)
from analysis.sums.distributions import (
    CLAMPED_CROSS_ENTROPIES,
    CROSS_ENTROPIES,
    GRAMS,
    OVERLAPS,
    SCORED,
    clamped_cross_entropy_sums,
    cross_entropy_sums,
    gram_sums,
    overlap_sums,
    scored_sums,
)
from analysis.sums.divergence import DIVERGENCES, divergence_sums
from analysis.sums.losses import LOSSES, loss_sums
from analysis.sums.pool import MIXTURE, POOL, mixture_sums, pool_sums
from analysis.sums.team import TEAM, team_sums
from analysis.sums.votes import VOTES, vote_sums

FAMILIES = (
    (ANSWERED, answered_sums),
    (COUNTS, count_sums),
    (GRADED_COMPARED, graded_compared_sums),
    (ANSWERS, answer_sums),
    (RIGHT_ANSWERS, right_answer_sums),
    (CLASSES, class_sums),
    (LOSSES, loss_sums),
    (SCORED, scored_sums),
    (CROSS_ENTROPIES, cross_entropy_sums),
    (CLAMPED_CROSS_ENTROPIES, clamped_cross_entropy_sums),
    (OVERLAPS, overlap_sums),
    (GRAMS, gram_sums),
    (DIVERGENCES, divergence_sums),
    (TEAM, team_sums),
    (VOTES, vote_sums),
    (POOL, pool_sums),
    (MIXTURE, mixture_sums),
)
OF_PROBABILITIES = (
    *LOSSES,
    *SCORED,
    *CROSS_ENTROPIES,
    *CLAMPED_CROSS_ENTROPIES,
    *OVERLAPS,
    *GRAMS,
    *DIVERGENCES,
    *POOL,
    *MIXTURE,
)

__all__ = ["FAMILIES", "OF_PROBABILITIES", "group_sums"]
