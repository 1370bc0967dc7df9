"""Sums over samples that can be added: every rate and every pair measure is read off them.

| sum | shape | what is summed over the samples |
|---|---|---|
| answered, graded, right | [M] | has an answer; answer and label are known; is right |
| both_answered, same, same_graded, same_right | [M, M] | both gave answers that can be compared; \
both gave the same answer; the same and both judged; the same and both right |
| both_graded, both_right, both_wrong, right_given | [M, M] | both graded; both right; both wrong; \
i right while j is graded |
| graded_compared | [M, M] | both graded, and both answers are known |
| class_answers | [M, 1, C] or [M, M, C] | i gives class c, where j answered if gaps make \
that differ; [M, 0, C] where that is too large |
| scored, log_loss_sum, brier_sum, clipped | [M] | samples with probabilities and label; their \
losses; probabilities of the label below 1e-12 |
| bin_count, bin_confidence, bin_right | [M, 15] | reliability bins (lo, hi] of the confidence |
| members_right | [M + 1] | samples on which 0, 1 ... M members are right, where all are judged |
| paired_votes | [C] | answers of a class, each times the other members that answered the sample |
| voted, main_wrong | scalar | labelled samples with an answer; the most frequent one is wrong |
| member_wrong_sum, spread_sum | scalar | share of members that are wrong there; share that leave \
the most frequent answer |
| harmful_spread_sum, helpful_spread_sum | scalar | share that leave it where it is right; share \
that are right where it is wrong |
| pooled | scalar | labelled samples with probabilities of two members or more |
| member_log_loss_sum, member_brier_sum | scalar | mean loss of the members there |
| mean_log_loss_sum, geometric_log_loss_sum, mean_brier_sum | scalar | loss there of the mean \
probability and of the geometric mean |
| mixed, member_entropy_sum, mean_entropy_sum | scalar | samples with probabilities of two members \
or more; mean entropy of the members; entropy of the mean probability |
| both_scored | [M, M] | both have probabilities |
| cross_entropy_sum, own_entropy_given | [M, M] | -p_i ln p_j, p clipped at 1e-12 in the \
logarithm; entropy of i while j has probabilities |
| clamped_cross_entropy_sum | [M, M] | -p_i ln p_j with both raised to at least 1e-8 |
| hellinger_sum, js_sum | [M, M] | sqrt(p_i p_j); Jensen-Shannon divergence in nats |
| gram_sum, square_given | [M, M] | p_i p_j; p_i squared while j has probabilities |
| group_graded/<column>, group_right/<column> | [M, G] | graded and right per level of a grouping |

Counts are int64 and exact, other sums float64.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.ahead import read_ahead
from analysis.bundle import Bundle
from analysis.chunks import samples_at_a_time
from analysis.sums import FAMILIES, OF_PROBABILITIES, group_sums
from analysis.sums.classes import CLASSES, kept_per_pair
from analysis.sums.distributions import together
from analysis.sums.piece import Missing, Piece, pieces


@dataclass(frozen=True, eq=False)
class Tally:
    """Named sums over some samples; tallies of different samples add up."""

    sums: Mapping[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        return self.sums[name]

    def __add__(self, other: "Tally") -> "Tally":
        if self.sums.keys() != other.sums.keys():
            apart = ", ".join(sorted(self.sums.keys() ^ other.sums.keys()))
            raise ValueError(f"only tallies of the same sums add up; one of two lacks {apart}")
        return Tally({name: self.sums[name] + other.sums[name] for name in self.sums})


def tally(
    bundle: Bundle,
    needs: Iterable[str],
    *,
    groups: Sequence[str] = (),
    weights: Tensor | None = None,
    missing: Missing = "exclude",
    chunk: int | None = None,
    per_pair: bool | None = None,
) -> Tally:
    """The sums that these measures need, over the samples of a bundle.

    Args:
        bundle: M models, N samples.
        needs: names of sums (see the table above); whole families are computed together.
        groups: grouping columns for the group sums.
        weights: bool [N] keeps these samples; float or integer [N] multiplies each sample
            (a bootstrap draw, sample weights), then every sum is float64.
        missing: "exclude" judges a model on what it answered; "wrong" counts a missing answer
            as wrong, and it agrees with nobody.
        chunk: samples at a time; chosen from the free memory when not given. Fewer where a
            device runs out of memory all the same.
        per_pair: whether answers per class may be kept for each other model; chosen from the free
            memory when not given. Tallies that shall add up need the same.

    Returns:
        A tally with at least the needed sums.
    """
    needed = set(needs)
    families = _families(needed)
    options = {"weights": weights, "missing": missing, "chunk": chunk, "per_pair": per_pair}
    return _walked(bundle, needed, lambda piece: _sums(piece, families, groups), **options)


def tally_blocks(
    bundle: Bundle,
    needs: Iterable[str],
    block: Tensor,
    number: int,
    *,
    missing: Missing = "exclude",
    chunk: int | None = None,
) -> Tally:
    """The sums of each block of samples by itself, in one walk over the samples in their order.

    Args:
        bundle: M models, N samples.
        needs: names of sums.
        block: int64 [N], 0 to K - 1.
        number: K.
        missing: as in `tally`.
        chunk: as in `tally`.

    Returns:
        The needed sums and no others, [K, ...] each; summed over the blocks they are the tally of
        the whole bundle.
    """
    needed = dict.fromkeys(needs)
    families, block = _families(needed), block.to(bundle.device)

    def of_blocks(piece: Piece) -> Tally:
        here, stacks = block[piece.rows], {}
        sizes = torch.bincount(here, minlength=number).tolist()
        for place, within in enumerate(here.argsort(stable=True).split(sizes)):
            if stacks and not len(within):
                continue
            sums = _sums(piece.part(within), families, ())
            for name in needed:
                if name not in stacks:
                    stacks[name] = sums[name].new_zeros((number, *sums[name].shape))
                stacks[name][place] = sums[name]
        return Tally(stacks)

    return _walked(bundle, needed, of_blocks, missing=missing, chunk=chunk)


def _families(needed: Iterable[str]) -> list[Callable[[Piece], dict[str, Tensor]]]:
    return together([family for names, family in FAMILIES if set(needed) & set(names)])


def _walked(
    bundle: Bundle,
    needed: Iterable[str],
    count: Callable[[Piece], Tally],
    *,
    chunk: int | None,
    per_pair: bool | None = None,
    **options,
) -> Tally:
    """What is counted on each chunk of the samples, added up; smaller chunks where one fails."""
    counted = not set(needed) & set(OF_PROBABILITIES)
    width = 1 if counted else max(1, len(bundle.classes))
    values = len(bundle.models) * width
    step = chunk or samples_at_a_time(values, bundle.device, counted=counted)
    if per_pair is None and set(needed) & set(CLASSES):
        per_pair = kept_per_pair(bundle)
    ahead = width > 1 and bundle.device.type == "cuda"
    total, done, size = None, 0, step
    while True:
        walk = pieces(bundle, step, first=done, per_pair=bool(per_pair), **options)
        try:
            for piece in read_ahead(walk, bundle.device) if ahead else walk:
                size = len(piece.rows)
                sums = count(piece)
                total = sums if total is None else total + sums
                done += size
            return total
        except torch.OutOfMemoryError:
            size = min(size, step)
            if size <= 1:
                raise
            step = size // 2


def _sums(piece: Piece, families: Sequence[Callable], groups: Sequence[str]) -> Tally:
    sums: dict[str, Tensor] = {}
    for family in families:
        sums |= family(piece)
    for column in groups:
        sums |= group_sums(piece, column)
    return Tally(sums)
