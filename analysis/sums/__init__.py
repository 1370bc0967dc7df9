"""What a tally adds up on one chunk of samples: a function per family of sums."""

from analysis.sums.answers import ANSWERS, answer_sums
from analysis.sums.classes import CLASSES, class_sums
from analysis.sums.counts import ANSWERED, COUNTS, answered_sums, count_sums, group_sums
from analysis.sums.distributions import DISTRIBUTIONS, distribution_sums
from analysis.sums.losses import LOSSES, loss_sums

FAMILIES = (
    (ANSWERED, answered_sums),
    (COUNTS, count_sums),
    (ANSWERS, answer_sums),
    (CLASSES, class_sums),
    (LOSSES, loss_sums),
    (DISTRIBUTIONS, distribution_sums),
)
OF_PROBABILITIES = (*LOSSES, *DISTRIBUTIONS)

__all__ = ["FAMILIES", "OF_PROBABILITIES", "group_sums"]
