"""A kernel compiled by numba that counts what weighed teams answer, with and without each member.

Samples stand side by side in lanes and, as bits, in words; those on which teams may differ first,
the most disputed ones foremost, so that whole blocks are settled by how far the top class leads.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from analysis.sums.compiled import _bits_set, _in_threads, _jit
from analysis.sums.lanes import LANES, _multiplied

TALLIES = 5  # n, right, agreeing, compared, scored
SAFE = 1e-9  # beside which rounding is nothing


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


def count(inputs: tuple, blocks: int, found: list[CandidateCounts]) -> None:
    """Run the kernel over all blocks of samples, a thread for each of the counts."""
    workers, kernel = len(found), counted()
    # Disputed blocks come first and take longest, so they are dealt out in turns.
    _in_threads(lambda w: kernel(w, blocks, workers, *inputs, *found[w].arrays), range(workers))


@cache
def _packed() -> Callable:
    """64 flags as the bits of a word."""
    from numba import njit

    @njit(inline="always")
    def packed(flags):
        eight, word = flags.view(np.uint64), np.uint64(0)
        for byte in range(8):
            bits = (eight[byte] * np.uint64(0x0102040810204080)) >> np.uint64(56)
            word |= bits << np.uint64(8 * byte)
        return word

    return packed


@cache
def _topped() -> Callable:
    """The first plane with the highest sum, the highest and the second highest, in each lane."""
    from numba import njit

    @njit(inline="always")
    def topped(sums, close, top, best, second):
        for lane in range(LANES):
            best[lane], second[lane], top[lane] = sums[0, lane], -np.inf, 0.0
        for plane in range(1, len(sums)):
            for lane in range(LANES):
                score, high = sums[plane, lane], best[lane]
                low = score if score < high else high
                second[lane] = low if low > second[lane] else second[lane]
                top[lane] = plane if score > high + close else top[lane]
                best[lane] = score if score > high else high

    return topped


@cache
def _left() -> Callable:
    """The first plane with the highest sum once one member is taken out, in each lane."""
    from numba import njit

    @njit(inline="always")
    def left(sums, weight, planes, close, top, best):
        for lane in range(LANES):
            best[lane], top[lane] = sums[0, lane] - weight * planes[0, lane], 0.0
        for plane in range(1, len(sums)):
            for lane in range(LANES):
                score = sums[plane, lane] - weight * planes[plane, lane]
                high = best[lane]
                top[lane] = plane if score > high + close else top[lane]
                best[lane] = score if score > high else high

    return left


@cache
def _agreeing() -> Callable:
    """Answers that stay as they are without one member, and those that can be compared."""
    from numba import njit

    bits_set, packed, left = _bits_set(), _packed(), _left()

    @njit(inline="always")
    def agreeing(members, weights, planes, reach, answered, close, sums, top, work, flags):
        same, compared, most = np.int64(0), np.int64(0), 0.0
        for place in range(len(members)):
            change = weights[place] * reach[members[place]]
            most = change if change > most else most
        for lane in range(LANES):
            flags[lane] = np.uint8(work[0, lane] - work[1, lane] <= most + SAFE)
        disputed = packed(flags) != np.uint64(0)
        for place in range(len(members)):
            model, others = members[place], np.uint64(0)
            for other in range(len(members)):
                if other != place:
                    others |= answered[members[other]]
            compared += np.int64(bits_set(others))
            if disputed:
                left(sums, weights[place], planes[model], close, work[2], work[3])
                for lane in range(LANES):
                    flags[lane] = np.uint8(work[2, lane] == top[lane])
                others &= packed(flags)
            same += np.int64(bits_set(others))
        return same, compared

    return agreeing


@cache
def counted() -> Callable:
    """Teams of any size and weights under a rule that adds evidence up.

    Takes where the members of each team start [E + 1], members and their weights [T]; how many
    blocks are disputed and how close scores are equal; per block the evidence [B, M, L, 64], how
    far a member can move a lead [B, M], the plane of the label [B, 64] and the class of each
    plane [B, L, 64]; as words, who answered [B, M], which samples are labelled [B], on which all
    are right at once [B], which are judged though nobody answered [B] and flags of samples
    [B, F]; the evidence for the label and its total [B, 2, M, 64] (no models: not asked for); and
    whether stability is asked for.
    """
    bits_set, packed, topped = _bits_set(), _packed(), _topped()
    agreeing, multiplied = _agreeing(), _multiplied()

    @_jit(
        "void(int64, int64, int64, int64[::1], int64[::1], float64[::1], int64, float64, "
        "float64[:, :, :, ::1], float64[:, ::1], float64[:, ::1], int32[:, :, ::1], "
        "uint64[:, ::1], uint64[::1], uint64[::1], uint64[::1], uint64[:, ::1], "
        "float64[:, :, :, ::1], boolean, int64[:, ::1], int64[:, :, ::1], int64[:, ::1], "
        "float64[::1], int64[::1])"
    )
    def add(
        first, last, stride, starts, members, weights, contested, close,
        planes, reach, label, classes, answers, labelled, sure, counting, flagged,
        likely, stable, tallies, in_flags, named, products, powers,
    ):  # fmt: skip
        sums, top = np.zeros((planes.shape[2], LANES)), np.zeros(LANES)
        work, flags = np.empty((4, LANES)), np.empty(LANES, dtype=np.uint8)
        chances, nothing, scored = np.zeros((2, LANES)), np.zeros(LANES), likely.shape[2] > 0
        product_work = np.empty((3, LANES))
        for block in range(first, last, stride):
            for team in range(len(starts) - 1):
                own = members[starts[team] : starts[team + 1]]
                amounts = weights[starts[team] : starts[team + 1]]
                answered = np.uint64(0)
                for model in own:
                    answered |= answers[block, model]
                right = sure[block]
                if block < contested:
                    sums[:] = 0.0
                    for place in range(len(own)):
                        part, amount = planes[block, own[place]], amounts[place]
                        for plane in range(len(sums)):
                            for lane in range(LANES):
                                sums[plane, lane] += amount * part[plane, lane]
                    topped(sums, close, top, work[0], work[1])
                    for lane in range(LANES):
                        flags[lane] = np.uint8(top[lane] == label[block, lane])
                    right = packed(flags) & answered
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
                if stable and len(own) > 1 and block < contested:
                    same, compared = agreeing(
                        own, amounts, planes[block], reach[block], answers[block], close,
                        sums, top, work, flags,
                    )  # fmt: skip
                    tallies[team, 2] += same
                    tallies[team, 3] += compared
                elif stable and len(own) > 1:
                    alike = len(own) * np.int64(bits_set(answered))
                    tallies[team, 2] += alike
                    tallies[team, 3] += alike
                if scored:
                    chances[:] = 0.0
                    for place in range(len(own)):
                        for lane in range(LANES):
                            chances[0, lane] += amounts[place] * likely[block, 0, own[place], lane]
                            chances[1, lane] += amounts[place] * likely[block, 1, own[place], lane]
                    multiplied(
                        team, chances[0], chances[1], nothing, nothing, product_work,
                        products, powers,
                    )  # fmt: skip

    return add
