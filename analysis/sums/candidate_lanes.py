"""A kernel compiled by numba that counts what weighed teams answer, with and without each member.

Samples stand side by side in lanes and, as bits, in words; those on which teams may differ first,
the most disputed ones foremost, so that whole blocks are settled by how far the top class leads.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from analysis.sums.compiled import _bits_set, in_threads, jit
from analysis.sums.lane_answers import added_up, answers_of
from analysis.sums.lanes import LANES, _multiplied

TALLIES = 5  # n, right, agreeing, compared, scored
SINGLE = 2.0**-23  # twice the rounding error of single precision
MOST_WHOLE = 1 << 10  # whole numbers below this, times as much, are exact in single precision


class CandidateCounts:
    """What one thread has counted, per team; likelihoods as in `analysis.sums.lanes.Counts`."""

    def __init__(self, teams: int, flags: int, classes: int) -> None:
        self.tallies = np.zeros((teams, TALLIES), dtype=np.int64)
        self.flagged = np.zeros((2, teams, flags), dtype=np.int64)
        self.named = np.zeros((teams, classes), dtype=np.int64)
        self.product = np.ones(teams)
        self.power = np.zeros(teams, dtype=np.int64)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """As the kernel takes them."""
        return self.tallies, self.flagged, self.named, self.product, self.power

    def add(self, other: "CandidateCounts") -> None:
        """Those of other samples."""
        self.tallies += other.tallies
        self.flagged += other.flagged
        self.named += other.named
        self.power += other.power
        self.product, exponent = np.frexp(self.product * other.product)
        self.power += exponent

    @property
    def losses(self) -> np.ndarray:
        """Minus the logarithm of the product, float64 [E]."""
        return -(np.log(self.product) + self.power * np.log(2.0))


def rounding(weights: np.ndarray) -> np.ndarray:
    """How far two sums in single precision may be off, per unit of evidence.

    Members are added two at a time, so that each rounding is of half the sum on average; to that
    comes the rounding of evidence, weights and products.

    Args:
        weights: float64 [E, M], 0 = not a member.

    Returns:
        float64 [E]; negative where the weights are small whole numbers, which are exact.
    """
    total = weights.sum(1)
    found = SINGLE * total * ((weights > 0).sum(1) / 4 + 6)
    exact = (weights == weights.round()).all(1) & (total < MOST_WHOLE)
    return np.where(exact, -found, found)


def count(inputs: tuple, blocks: int, found: list[CandidateCounts]) -> None:
    """Run the kernel over all blocks of samples, a thread for each of the counts."""
    workers, kernel = len(found), counted()
    # Disputed blocks come first and take longest, so they are dealt out in turns.
    in_threads(lambda w: kernel(w, blocks, workers, *inputs, *found[w].arrays), range(workers))


@cache
def counted() -> Callable:
    """Teams of any size and weights under a rule that adds evidence up.

    What single precision decides by more than its error is left at that; all else is looked at
    again in double precision.

    Takes where the members of each team start [E + 1], members and their weights [T], and how far
    rounding goes per team [E] (below 0: none, if the evidence is whole numbers); how many blocks
    are disputed, how close scores are equal, the largest evidence and whether it is whole numbers;
    per block the evidence [B, M, L, 64] twice, how far a member can move a lead [B, M], the plane
    of the label [B, 64] and the class of each plane [B, L, 64]; as words, who answered [B, M],
    which samples are labelled [B], on which all are right at once [B], which are judged though
    nobody answered [B] and flags of samples [B, F]; the evidence for the label and its total
    [B, M, 2, 64] (no models: not asked for); and whether stability is asked for.
    """
    bits_set, looked = _bits_set(), answers_of()
    added, multiplied = added_up(), _multiplied()

    @jit(
        "void(int64, int64, int64, int64[::1], int64[::1], float64[::1], float32[::1], "
        "float64[::1], int64, float64, float64, boolean, float64[:, :, :, ::1], "
        "float32[:, :, :, ::1], float64[:, ::1], float64[:, ::1], int32[:, :, ::1], "
        "uint64[:, ::1], uint64[::1], uint64[::1], uint64[::1], uint64[:, ::1], "
        "float64[:, :, :, ::1], boolean, int64[:, ::1], int64[:, :, ::1], int64[:, ::1], "
        "float64[::1], int64[::1])"
    )
    def add(
        first, last, stride, starts, members, weights, single, rounding, contested, close,
        largest, whole, planes, rough, reach, label, classes, answers, labelled, sure, counting,
        flagged, likely, stable, tallies, in_flags, named, products, powers,
    ):  # fmt: skip
        sums, top, work = np.zeros((planes.shape[2], LANES)), np.zeros(LANES), np.empty((4, LANES))
        sums_, top_, work_ = (
            sums.astype(np.float32), top.astype(np.float32), work.astype(np.float32)
        )  # fmt: skip
        flags, doubts = np.empty(LANES, dtype=np.uint8), np.empty(LANES, dtype=np.uint8)
        chances, nothing, scored = np.zeros((2, LANES)), np.zeros(LANES), likely.shape[1] > 0
        product_work = np.empty((3, LANES))
        for block in range(first, last, stride):
            for team in range(len(starts) - 1):
                own = members[starts[team] : starts[team + 1]]
                amounts = weights[starts[team] : starts[team + 1]]
                answered = np.uint64(0)
                for model in own:
                    answered |= answers[block, model]
                right = sure[block]
                alike = len(own) * np.int64(bits_set(answered))
                same, compared = alike, alike
                if block < contested:
                    exact = whole and rounding[team] < 0
                    slack = -1.0 if exact else abs(rounding[team]) * largest
                    right, same, compared, doubt = looked(
                        own, single[starts[team] : starts[team + 1]], rough[block], reach[block],
                        label[block], answers[block], np.float32(0.25 if exact else 0.0),
                        np.float32(slack), stable, sums_, top_, work_, flags, doubts,
                    )  # fmt: skip
                    if doubt != np.uint64(0):
                        right, same, compared, doubt = looked(
                            own, amounts, planes[block], reach[block], label[block],
                            answers[block], close, -1.0, stable, sums, top, work, flags, doubts,
                        )  # fmt: skip
                    elif named.shape[1] > 0:
                        top[:] = top_
                    right &= answered
                judged = (answered | counting[block]) & labelled[block]
                right &= judged
                tallies[team, 0] += np.int64(bits_set(judged))
                tallies[team, 1] += np.int64(bits_set(right))
                tallies[team, 4] += np.int64(bits_set(answered & labelled[block]))
                for flag in range(flagged.shape[1]):
                    word = flagged[block, flag]
                    in_flags[0, team, flag] += np.int64(bits_set(judged & word))
                    in_flags[1, team, flag] += np.int64(bits_set(right & word))
                if named.shape[1] > 0 and block < contested:
                    said = answered & labelled[block]
                    for lane in range(LANES):
                        if said >> np.uint64(lane) & np.uint64(1):
                            named[team, classes[block, int(top[lane]), lane]] += 1
                if stable and len(own) > 1:
                    tallies[team, 2] += same
                    tallies[team, 3] += compared
                if scored:
                    added(own, amounts, likely[block], chances)
                    multiplied(
                        team, chances[0], chances[1], nothing, nothing, product_work,
                        products, powers,
                    )  # fmt: skip

    return add
