"""Kernels compiled by numba that count the outcomes of many small teams, 64 samples at a time.

Teams stand in lexical order, so that the sums of the members that a team has in common with the
one before it are there already. Samples stand side by side in lanes and, as bits, in words.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from analysis.sums.compiled import _bits_set, in_threads, jit
from analysis.sums.distribution import CLIP

LANES = 64
PLANES = 3  # compared at a time; their number is filled up to a multiple


class Counts:
    """What one thread has counted, per team.

    The likelihood of the labels is kept as a product in [1, 2) and a power of two: no logarithm is
    needed before the end. Sixteen at a time stay within float64, as each is at least 1e-12.
    """

    def __init__(self, teams: int, groups: int) -> None:
        self.outcomes = np.zeros((teams, 6), dtype=np.int64)
        self.groups = np.zeros((2, teams, groups), dtype=np.int64)
        self.product = np.ones(teams)
        self.power = np.zeros(teams, dtype=np.int64)
        self.answered = np.zeros(teams, dtype=np.int64)

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """As the kernels take them."""
        return self.outcomes, self.groups, self.product, self.power, self.answered

    def add(self, other: "Counts") -> None:
        """Those of other samples."""
        self.outcomes += other.outcomes
        self.groups += other.groups
        self.power += other.power
        self.answered += other.answered
        mantissa, exponent = np.frexp(self.product * other.product)
        self.product = mantissa
        self.power += exponent

    @property
    def losses(self) -> np.ndarray:
        """Minus the logarithm of the product, float64 [E]."""
        return -(np.log(self.product) + self.power * np.log(2.0))


def count(kernel: Callable[..., None], blocks: int, inputs: tuple, found: list[Counts]) -> None:
    """Run a kernel over all blocks of samples, a thread for each of the counts.

    Args:
        kernel: takes the first and last block, the inputs and the arrays of `Counts`.
        blocks: how many there are.
        inputs: arrays.
        found: what is added to.
    """
    workers = len(found)
    bounds = [blocks * worker // workers for worker in range(workers + 1)]
    in_threads(
        lambda w: kernel(bounds[w], bounds[w + 1], *inputs, *found[w].arrays), range(workers)
    )


@cache
def _sorted() -> Callable:
    """Adds the outcomes of one team on 64 samples to its counts."""
    from numba import njit

    bits_set = _bits_set()

    @njit(inline="always")
    def sort(team, right, some_right, some_wrong, counted, groups, outcomes, in_groups):
        right &= counted
        wrong = counted & ~right
        every, mixed = some_right & ~some_wrong, some_right & some_wrong
        outcomes[team, 0] += np.int64(bits_set(right & every))
        outcomes[team, 1] += np.int64(bits_set(right & mixed))
        outcomes[team, 2] += np.int64(bits_set(right & ~some_right))
        outcomes[team, 3] += np.int64(bits_set(wrong & every))
        outcomes[team, 4] += np.int64(bits_set(wrong & mixed))
        outcomes[team, 5] += np.int64(bits_set(wrong & ~some_right))
        for group in range(len(groups)):
            in_groups[0, team, group] += np.int64(bits_set(counted & groups[group]))
            in_groups[1, team, group] += np.int64(bits_set(right & groups[group]))

    return sort


OUTPUTS = "int64[:, ::1], int64[:, :, ::1], float64[::1], int64[::1], int64[::1]"


@cache
def packing() -> Callable:
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
def _ahead() -> Callable:
    """The bits of the samples on which all sums of leads are above 0."""
    from numba import njit

    packed = packing()

    @njit(inline="always")
    def ahead(sums, leads, least, flags):
        for lane in range(LANES):
            least[lane] = np.inf
        for tile in range(0, len(leads), PLANES):
            for lane in range(LANES):
                one = sums[tile, lane] + leads[tile, lane]
                two = sums[tile + 1, lane] + leads[tile + 1, lane]
                three = sums[tile + 2, lane] + leads[tile + 2, lane]
                low = one if one < two else two
                low = three if three < low else low
                least[lane] = low if low < least[lane] else least[lane]
        for lane in range(LANES):
            flags[lane] = np.uint8(least[lane] > 0)
        return packed(flags)

    return ahead


@cache
def _multiplied() -> Callable:
    """Multiplies the likelihoods of 64 labels into the product of a team."""
    from numba import njit

    @njit(inline="always")
    def multiplied(team, chances, totals, more, more_total, work, products, powers):
        given, whole, ready = work[0], work[1], work[2, :1]
        bits = ready.view(np.int64)
        fraction, unit = np.int64((1 << 52) - 1), np.int64(1023 << 52)
        for lane in range(LANES):
            total = totals[lane] + more_total[lane]
            chance = chances[lane] + more[lane]
            chance = chance if chance > CLIP * total else CLIP * total
            given[lane] = chance if total > 0 else 1.0
            whole[lane] = total if total > 0 else 1.0
        for lane in range(LANES // 4):
            first, second = given[lane] * given[lane + 16], given[lane + 32] * given[lane + 48]
            given[lane] = first * second
            first, second = whole[lane] * whole[lane + 16], whole[lane + 32] * whole[lane + 48]
            whole[lane] = first * second
        for lane in range(LANES // 16):
            first, second = given[lane] * given[lane + 4], given[lane + 8] * given[lane + 12]
            given[lane] = first * second
            first, second = whole[lane] * whole[lane + 4], whole[lane + 8] * whole[lane + 12]
            whole[lane] = first * second
        value, power = products[team], np.int64(0)
        for lane in range(LANES // 16 + 1):
            ready[0] = value if lane == LANES // 16 else given[lane] / whole[lane]
            power += (bits[0] >> 52) - 1023
            bits[0] = (bits[0] & fraction) | unit
            value *= ready[0]
        products[team] = ready[0]
        powers[team] += power

    return multiplied


@cache
def by_leads() -> Callable:
    """Teams of any size under a rule that adds evidence up.

    Takes members int64 [E, K] (-1 behind the last), their numbers [E], how many first members
    each has in common with the one before [E]; per block the leads of the label over the other
    classes [B, M, J, 64], what they start from [B, J, 64], the evidence for the label and its
    total [B, 2, M, 64] (no models: no probabilities); as words, who is right, wrong and has
    answered [B, 3, M], the groups [B, G], and the samples that count without an answer [B].
    """
    sort, bits_set, ahead, multiplied = _sorted(), _bits_set(), _ahead(), _multiplied()

    @jit(
        "void(int64, int64, int64[:, ::1], int64[::1], int64[::1], float64[:, :, :, ::1], "
        "float64[:, :, ::1], float64[:, :, :, ::1], uint64[:, :, ::1], uint64[:, ::1], "
        f"uint64[::1], {OUTPUTS})"
    )
    def add(
        first, last, members, sizes, common, leads, start, likely, words, groups, counting,
        outcomes, in_groups, products, powers, answered_by,
    ):  # fmt: skip
        most, scored = members.shape[1], likely.shape[2] > 0
        sums, chances = np.zeros((most, leads.shape[2], LANES)), np.zeros((most, 2, LANES))
        known = np.zeros((most, 3), dtype=np.uint64)
        work, flags = np.empty((3, LANES)), np.empty(LANES, dtype=np.uint8)
        for block in range(first, last):
            sums[0] = start[block]
            there = 0
            for team in range(len(members)):
                for depth in range(min(common[team], there), sizes[team] - 1):
                    model = members[team, depth]
                    sums[depth + 1] = sums[depth] + leads[block, model]
                    known[depth + 1] = known[depth] | words[block, :, model]
                    if scored:
                        chances[depth + 1] = chances[depth] + likely[block, :, model]
                there = sizes[team] - 1
                model = members[team, there]
                right = ahead(sums[there], leads[block, model], work[0], flags)
                answered = known[there, 2] | words[block, 2, model]
                some_right = known[there, 0] | words[block, 0, model]
                some_wrong = known[there, 1] | words[block, 1, model]
                counts = answered | counting[block]
                sort(
                    team, right & answered, some_right, some_wrong, counts, groups[block],
                    outcomes, in_groups,
                )  # fmt: skip
                if scored:
                    answered_by[team] += np.int64(bits_set(answered))
                    one, two = likely[block, 0, model], likely[block, 1, model]
                    before, total = chances[there, 0], chances[there, 1]
                    multiplied(team, before, total, one, two, work, products, powers)

    return add


@cache
def by_votes() -> Callable:
    """The plurality of up to three voices, from bits alone; ties go to the lowest class.

    Takes members int64 [E, 3], the last of M + 1 voices being nobody; as words [M + 1, W], who is
    right, wrong, has answered, and says a class before the label; who says the same
    [M + 1, M + 1, W]; the groups [G, W], and the samples that count without an answer [W].
    """
    bits_set = _bits_set()

    @jit(
        "void(int64, int64, int64[:, ::1], uint64[:, :, ::1], uint64[:, :, ::1], "
        f"uint64[:, ::1], uint64[::1], {OUTPUTS})"
    )
    def vote(
        first,
        last,
        members,
        words,
        same,
        groups,
        counting,
        outcomes,
        in_groups,
        products,
        powers,
        answered_by,
    ):
        for team in range(len(members)):
            a, b, c = members[team]
            kept = corrected = overruled = spoiled = missed = np.uint64(0)
            for word in range(first, last):
                right_a, right_b, right_c = words[0, a, word], words[0, b, word], words[0, c, word]
                some_right = right_a | right_b | right_c
                some_wrong = words[1, a, word] | words[1, b, word] | words[1, c, word]
                answered = words[2, a, word] | words[2, b, word] | words[2, c, word]
                before = words[3, a, word] | words[3, b, word] | words[3, c, word]
                alike = same[a, b, word] | same[a, c, word] | same[b, c, word]
                two = (right_a & right_b) | (right_c & (right_a | right_b))
                right = two | (some_right & ~before & ~alike)
                wrong = (answered | counting[word]) & ~right
                kept += bits_set(right & ~some_wrong)
                corrected += bits_set(right & some_wrong)
                overruled += bits_set(wrong & some_right & ~some_wrong)
                spoiled += bits_set(wrong & some_right & some_wrong)
                missed += bits_set(wrong & ~some_right)
            outcomes[team, 0] += np.int64(kept)
            outcomes[team, 1] += np.int64(corrected)
            outcomes[team, 3] += np.int64(overruled)
            outcomes[team, 4] += np.int64(spoiled)
            outcomes[team, 5] += np.int64(missed)
            for group in range(len(groups)):
                for word in range(first, last):
                    right_a, right_b = words[0, a, word], words[0, b, word]
                    right_c = words[0, c, word]
                    before = words[3, a, word] | words[3, b, word] | words[3, c, word]
                    alike = same[a, b, word] | same[a, c, word] | same[b, c, word]
                    two = (right_a & right_b) | (right_c & (right_a | right_b))
                    right = two | ((right_a | right_b | right_c) & ~before & ~alike)
                    answered = words[2, a, word] | words[2, b, word] | words[2, c, word]
                    inside = groups[group, word] & (answered | counting[word])
                    in_groups[0, team, group] += np.int64(bits_set(inside))
                    in_groups[1, team, group] += np.int64(bits_set(inside & right))

    return vote
