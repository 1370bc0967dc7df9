"""A kernel compiled by numba that compares few answers at once, a byte each, on one thread.

For a selection of some thousand samples, where waking the threads of a library takes longer than
the work. numba is not loaded for it: it serves once something larger has brought it in.
"""

import sys
from functools import cache

import numpy as np
import torch
from torch import Tensor

from analysis.sums.compiled import jit

MOST_CLASSES = 127  # the highest bit of a byte is needed, and one code for no answer
MOST_WORK = 100_000_000  # with more, threads pay
WORD = 8  # answers
BLOCK = 240  # words whose differences a byte can count


def serves(models: int, samples: int, classes: int, device: torch.device) -> bool:
    """Whether it counts the equal answers of so many models."""
    small = models**2 * samples // 2 < MOST_WORK and classes <= MOST_CLASSES
    return small and device.type == "cpu" and "numba" in sys.modules


def unequal_answers(predictions: Tensor) -> Tensor:
    """How often two models gave different answers.

    Args:
        predictions: int32 [M, n] on the CPU, below `MOST_CLASSES`, -1 = no answer, which here
            equals itself.

    Returns:
        int64 [M, M], exact and symmetric; 0 on the diagonal.
    """
    models, samples = predictions.shape
    codes = predictions.to(torch.uint8).bitwise_and_(MOST_CLASSES)
    codes = torch.nn.functional.pad(codes, (0, -samples % WORD)).contiguous()
    found = torch.zeros(models, models, dtype=torch.int64)
    _comparing()(codes.numpy().view(np.uint64), found.numpy())
    return found


@cache
def _comparing():
    """Adds up, byte by byte, where two words differ; two rows beside each other's."""
    low, ones = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x0101010101010101)
    even, pairs = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0001000100010001)
    seven, eight, last = np.uint64(7), np.uint64(8), np.uint64(48)

    @jit("void(uint64[:, ::1], int64[:, ::1])")
    def compare(words, found):
        models, length = words.shape
        for i in range(models):
            first = words[i]
            for j in range(i + 1, models, 2):
                k = min(j + 1, models - 1)
                second, third = words[j], words[k]
                here = there = np.int64(0)
                for start in range(0, length, BLOCK):
                    a = b = np.uint64(0)
                    for place in range(start, min(start + BLOCK, length)):
                        # A byte that is not 0 carries into its highest bit.
                        a += (((first[place] ^ second[place]) + low) >> seven) & ones
                        b += (((first[place] ^ third[place]) + low) >> seven) & ones
                    a = (a & even) + ((a >> eight) & even)
                    b = (b & even) + ((b >> eight) & even)
                    here += np.int64((a * pairs) >> last)
                    there += np.int64((b * pairs) >> last)
                found[i, j] = found[j, i] = here
                found[i, k] = found[k, i] = there

    return compare
