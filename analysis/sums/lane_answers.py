"""Parts of the kernel of many weighed teams: what one answers on 64 samples, in either precision.

Compiled by numba into the kernel that calls them; the arrays that they are given decide in which
precision they work.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from analysis.sums.compiled import _bits_set
from analysis.sums.lanes import LANES, packing

SAFE = 1e-9  # beside which rounding is nothing


@cache
def _topped() -> Callable:
    """The first plane with the highest sum, the highest and the second highest, in each lane."""
    from numba import njit

    @njit(inline="always")
    def topped(sums, close, top, best, second):
        for lane in range(LANES):
            best[lane], second[lane], top[lane] = sums[0, lane], -np.inf, 0
        for plane in range(1, len(sums)):
            number = sums.dtype.type(plane)
            for lane in range(LANES):
                score, high = sums[plane, lane], best[lane]
                low = score if score < high else high
                second[lane] = low if low > second[lane] else second[lane]
                top[lane] = number if score > high + close else top[lane]
                best[lane] = score if score > high else high

    return topped


@cache
def added_up() -> Callable:
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
    """Sums to be beaten by that of the top class: those before it must stay below by a little.

    Its own sum is kept apart.
    """
    from numba import njit

    @njit(inline="always")
    def rivals(sums, close, top, best):
        lowest = sums.dtype.type(-np.inf)
        for plane in range(len(sums)):
            number = sums.dtype.type(plane)
            for lane in range(LANES):
                score = sums[plane, lane]
                best[lane] = score if number == top[lane] else best[lane]
                score += close if number < top[lane] else -close
                sums[plane, lane] = lowest if number == top[lane] else score

    return rivals


@cache
def _stays() -> Callable:
    """The bits of the lanes in which the top class stays ahead without one member, and of doubts.

    In doubt is what is decided by no more than the slack.
    """
    from numba import njit

    packed = packing()

    @njit(inline="always")
    def stays(rivals, weight, planes, slack, top, best, highest, own, flags, doubts):
        for lane in range(LANES):
            own[lane] = weight * planes[0, lane]
            highest[lane] = rivals[0, lane] - own[lane]
        for plane in range(1, len(rivals) - 1, 2):
            first, second = rivals.dtype.type(plane), rivals.dtype.type(plane + 1)
            for lane in range(LANES):
                one, two = weight * planes[plane, lane], weight * planes[plane + 1, lane]
                mine = one if top[lane] == first else own[lane]
                own[lane] = two if top[lane] == second else mine
                one, two = rivals[plane, lane] - one, rivals[plane + 1, lane] - two
                high = one if one > two else two
                highest[lane] = high if high > highest[lane] else highest[lane]
        if len(rivals) % 2 == 0:
            last = len(rivals) - 1
            number = rivals.dtype.type(last)
            for lane in range(LANES):
                one = weight * planes[last, lane]
                own[lane] = one if top[lane] == number else own[lane]
                one = rivals[last, lane] - one
                highest[lane] = one if one > highest[lane] else highest[lane]
        for lane in range(LANES):
            ahead = best[lane] - own[lane] - highest[lane]
            flags[lane] = np.uint8(ahead > 0)
            doubts[lane] = np.uint8(abs(ahead) <= slack)
        return packed(flags), packed(doubts)

    return stays


@cache
def _agreeing() -> Callable:
    """Answers that stay as they are without one member, and those that can be compared."""
    from numba import njit

    bits_set, packed, rivals, stays = _bits_set(), packing(), _rivals(), _stays()

    @njit(inline="always")
    def agreeing(
        members, weights, planes, reach, answered, close, slack, sums, top, work, flags, doubts
    ):
        same, compared, doubt, most = np.int64(0), np.int64(0), np.uint64(0), 0.0
        for place in range(len(members)):
            change = weights[place] * reach[members[place]]
            most = change if change > most else most
        least = sums.dtype.type(most + max(slack, 0) + SAFE)
        for lane in range(LANES):
            flags[lane] = np.uint8(work[0, lane] - work[1, lane] <= least)
        disputed = packed(flags) != np.uint64(0)
        if disputed:
            rivals(sums, close, top, work[0])
        for place in range(len(members)):
            model, others = members[place], np.uint64(0)
            for other in range(len(members)):
                if other != place:
                    others |= answered[members[other]]
            compared += np.int64(bits_set(others))
            if disputed:
                kept, unsure = stays(
                    sums, weights[place], planes[model], slack, top, work[0], work[2], work[3],
                    flags, doubts,
                )  # fmt: skip
                doubt |= unsure & others
                others &= kept
            same += np.int64(bits_set(others))
        return same, compared, doubt

    return agreeing


@cache
def answers_of() -> Callable:
    """What a team answers on the samples of a block, and what it does without each member.

    Gives the bits of the lanes where it says the label, how many answers stay and can be compared,
    and the bits of the lanes where something was decided by no more than the slack.
    """
    from numba import njit

    added, agreeing, packed, topped = added_up(), _agreeing(), packing(), _topped()

    @njit(inline="always")
    def looked(
        members, weights, planes, reach, label, answered, close, slack, stable, sums, top, work,
        flags, doubts,
    ):  # fmt: skip
        same, compared, said = np.int64(0), np.int64(0), np.uint64(0)
        for model in members:
            said |= answered[model]
        added(members, weights, planes, sums)
        topped(sums, close, top, work[0], work[1])
        for lane in range(LANES):
            flags[lane] = np.uint8(top[lane] == label[lane])
            doubts[lane] = np.uint8(work[0, lane] - work[1, lane] <= slack)
        right, doubt = packed(flags), packed(doubts) & said
        if stable and len(members) > 1 and doubt == np.uint64(0):
            same, compared, doubt = agreeing(
                members, weights, planes, reach, answered, close, slack, sums, top, work, flags,
                doubts,
            )  # fmt: skip
        return right, same, compared, doubt

    return looked
