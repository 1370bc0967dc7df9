"""A kernel compiled by numba that compares few answers at once, a byte each, on one thread.

For a selection of some thousand samples, where waking the threads of a library takes longer than
the work. numba is not loaded for it: it serves once something larger has brought it in.
"""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from analysis.sums.compiled import at_hand, jit

MOST_CLASSES = 127  # the highest bit of a byte is needed, and one code for no answer
MOST_WORK = 100_000_000  # with more, threads pay
WORD = 8  # answers
BLOCK = 64  # words that are compared at once; a byte can count the differences of up to 255


def serves(models: int, samples: int, classes: int, device: torch.device) -> bool:
    """Whether it counts the equal answers of so many models."""
    small = models**2 * samples // 2 < MOST_WORK and classes <= MOST_CLASSES
    return small and at_hand(device)


def unequal_answers(predictions: Tensor) -> Tensor:
    """How often two models gave different answers.

    Args:
        predictions: int32 [M, n] on the CPU, below `MOST_CLASSES`, -1 = no answer, which here
            equals itself.

    Returns:
        int64 [M, M], exact and symmetric; 0 on the diagonal.
    """
    models, samples = predictions.shape
    blocks = -(-samples // (BLOCK * WORD))
    codes = np.zeros((models, blocks, BLOCK), dtype=np.uint64)
    shown = codes.view(np.uint8).reshape(models, -1)
    np.copyto(shown[:, :samples], predictions.numpy(), casting="unsafe")
    shown &= MOST_CLASSES
    found = np.zeros((models, models), dtype=np.int64)
    _comparing()(codes, found)
    return torch.from_numpy(found)


@cache
def _comparing():
    """Adds up, byte by byte, where two words differ."""
    low, ones = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x0101010101010101)
    even, pairs = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0001000100010001)
    seven, eight, last = np.uint64(7), np.uint64(8), np.uint64(48)

    @jit("void(uint64[:, :, ::1], int64[:, ::1])")
    def compare(words, found):
        models, blocks, _ = words.shape
        for i in range(models):
            for j in range(i + 1, models):
                unequal = np.int64(0)
                for block in range(blocks):
                    first, second = words[i, block], words[j, block]
                    counts = np.uint64(0)
                    # As many steps as are known here are done with vectors.
                    for place in range(BLOCK):
                        # A byte that is not 0 carries into its highest bit.
                        counts += (((first[place] ^ second[place]) + low) >> seven) & ones
                    counts = (counts & even) + ((counts >> eight) & even)
                    unequal += np.int64((counts * pairs) >> last)
                found[i, j] = found[j, i] = unequal

    return compare
