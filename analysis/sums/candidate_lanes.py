"""A kernel compiled by numba that counts what weighed teams answer, with and without each member.

Samples stand side by side in lanes and, as bits, in words; those on which teams may differ first,
the most disputed ones foremost, so that whole blocks are settled by how far the top class leads.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from analysis.sums.compiled import _bits_set, in_threads, jit
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
    in_threads(lambda w: kernel(w, blocks, workers, *inputs, *found[w].arrays), range(workers))


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
def _added() -> Callable:
    """Adds up what members contribute, two at a time, and what speaks for the label."""
    from numba import njit

    @njit(inline="always")
    def added(members, weights, parts, sums):
        sums[:] = 0.0
        for place in range(0, len(members) - 1, 2):
            one, two = parts[members[place]], parts[members[place + 1]]
            first, second = weights[place], weights[place + 1]
            for plane in range(len(sums)):
                for lane in range(LANES):
                    sums[plane, lane] += first * one[plane, lane] + second * two[plane, lane]
        if len(members) % 2:
            one, first = parts[members[-1]], weights[-1]
            for plane in range(len(sums)):
                for lane in range(LANES):
                    sums[plane, lane] += first * one[plane, lane]

    return added


@cache
def _rivals() -> Callable:
    """Sums to be beaten by that of the top class: those before it must stay below by a little."""
    from numba import njit

    @njit(inline="always")
    def rivals(sums, close, top):
        for plane in range(len(sums)):
            for lane in range(LANES):
                score = sums[plane, lane]
                score += close if plane < top[lane] else -close
                sums[plane, lane] = -np.inf if plane == top[lane] else score

    return rivals


@cache
def _stays() -> Callable:
    """The bits of the lanes in which the top class stays ahead without one member."""
    from numba import njit

    packed = _packed()

    @njit(inline="always")
    def stays(rivals, weight, planes, top, best, highest, flags):
        for lane in range(LANES):
            highest[lane] = rivals[0, lane] - weight * planes[0, lane]
        for plane in range(1, len(rivals) - 1, 2):
            for lane in range(LANES):
                one = rivals[plane, lane] - weight * planes[plane, lane]
                two = rivals[plane + 1, lane] - weight * planes[plane + 1, lane]
                high = one if one > two else two
                highest[lane] = high if high > highest[lane] else highest[lane]
        if len(rivals) % 2 == 0:
            last = len(rivals) - 1
            for lane in range(LANES):
                one = rivals[last, lane] - weight * planes[last, lane]
                highest[lane] = one if one > highest[lane] else highest[lane]
        for lane in range(LANES):
            own = best[lane] - weight * planes[int(top[lane]), lane]
            flags[lane] = np.uint8(highest[lane] < own)
        return packed(flags)

    return stays


@cache
def _agreeing() -> Callable:
    """Answers that stay as they are without one member, and those that can be compared."""
    from numba import njit

    bits_set, packed, rivals, stays = _bits_set(), _packed(), _rivals(), _stays()

    @njit(inline="always")
    def agreeing(members, weights, planes, reach, answered, close, sums, top, work, flags):
        same, compared, most = np.int64(0), np.int64(0), 0.0
        for place in range(len(members)):
            change = weights[place] * reach[members[place]]
            most = change if change > most else most
        for lane in range(LANES):
            flags[lane] = np.uint8(work[0, lane] - work[1, lane] <= most + SAFE)
        disputed = packed(flags) != np.uint64(0)
        if disputed:
            for lane in range(LANES):
                work[0, lane] = sums[int(top[lane]), lane]
            rivals(sums, close, top)
        for place in range(len(members)):
            model, others = members[place], np.uint64(0)
            for other in range(len(members)):
                if other != place:
                    others |= answered[members[other]]
            compared += np.int64(bits_set(others))
            if disputed:
                others &= stays(sums, weights[place], planes[model], top, work[0], work[2], flags)
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
    [B, F]; the evidence for the label and its total [B, M, 2, 64] (no models: not asked for); and
    whether stability is asked for.
    """
    bits_set, packed, topped = _bits_set(), _packed(), _topped()
    added, agreeing, multiplied = _added(), _agreeing(), _multiplied()

    @jit(
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
                if block < contested:
                    added(own, amounts, planes[block], sums)
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
                    added(own, amounts, likely[block], chances)
                    multiplied(
                        team, chances[0], chances[1], nothing, nothing, product_work,
                        products, powers,
                    )  # fmt: skip

    return add
