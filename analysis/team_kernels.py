"""Which compiled kernel counts the outcomes of many teams, and the answers laid out for it."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.chunks import samples_at_a_time
from analysis.evidence import Evidence
from analysis.grouping import Grouping
from analysis.leads import MOST_BROKEN, label_leads
from analysis.rule import Rule
from analysis.sums import compiled, lanes
from analysis.sums.lanes import LANES, PLANES, Counts
from analysis.sums.piece import Missing

PAYS_FROM = 300_000_000  # teams x samples x classes; with less, torch is done sooner
MOST_GROUPS = 64
LARGEST_SHARE = 1 / 2  # of the pool in a team; with more, products of all models are quicker
VOICES = 3
AT_A_TIME = 2048  # samples; their leads stay in a cache
PAIRS = 1 << 22  # words of who says the same, at a time


def chosen(
    bundle: Bundle, member: Tensor, row: Rule, grouping: Grouping | None
) -> Callable[..., dict[str, Tensor]] | None:
    """The function that counts these teams with a compiled kernel; None where torch does.

    Args:
        bundle: the pool of M models.
        member: bool [E, M].
        row: the rule.
        grouping: of the samples.
    """
    models, sizes = len(bundle.models), member.cpu().numpy().sum(1)
    largest = sizes.max(initial=0)
    groups = 0 if grouping is None else len(grouping.levels)
    if bundle.labels is None or bundle.graded_elsewhere or groups > MOST_GROUPS:
        return None
    breakable = sum(model in bundle.probabilities for model in bundle.models)
    votes = row.name == "plurality"
    unequal = 0 < breakable < models or (breakable and largest > MOST_BROKEN)
    if (votes and unequal) or (not votes and row.total is None):
        return None
    steps = len(member) * len(bundle.classes) * len(bundle.ids)
    pays = compiled.chosen(None, steps, bundle.device, pays_from=PAYS_FROM)
    if not pays or sizes.mean() > LARGEST_SHARE * models:
        return None
    if votes and not breakable and largest <= VOICES and 8 * len(member) >= models**2:
        return by_votes
    return by_leads


def by_leads(
    bundle: Bundle, member: Tensor, row: Rule, missing: Missing, grouping: Grouping | None
) -> dict[str, Tensor]:
    """The fields of `TeamOutcomes`, from by how much the label leads every other class."""
    members, sizes, common, order = _in_lexical_order(member)
    planes = len(bundle.classes) if row.pool else min(len(bundle.classes), len(bundle.models))
    values = len(bundle.models) * (2 * planes + 4)
    step = min(AT_A_TIME, max(LANES, samples_at_a_time(values, bundle.device) // LANES * LANES))
    found = _counts(len(member), grouping)
    for rows in (bundle.labels >= 0).nonzero().flatten().split(step):
        evidence = row.evidence(bundle, rows, row.defaults)
        labels = bundle.labels[rows].long()
        words = _in_blocks(_words(_flags(bundle, rows, missing)))
        inputs = (
            members,
            sizes,
            common,
            *_leads(evidence, labels),
            _likely(evidence, labels, row),
            words,
            _in_blocks(_words(_groups(grouping, rows))),
            _counting(len(rows), missing),
        )
        lanes.count(lanes.by_leads(), len(words), inputs, found)
    return _fields(found, order, grouping, scored=row.pool is not None)


def by_votes(
    bundle: Bundle, member: Tensor, row: Rule, missing: Missing, grouping: Grouping | None
) -> dict[str, Tensor]:
    """The fields of `TeamOutcomes` of a vote of up to three, from bits."""
    members, _, _, order = _in_lexical_order(member)
    voices = np.full((len(members), VOICES), len(bundle.models))
    voices[:, : members.shape[1]] = np.where(members < 0, len(bundle.models), members)
    step = max(1, PAIRS // (len(bundle.models) + 1) ** 2) * LANES
    found = _counts(len(member), grouping)
    for rows in (bundle.labels >= 0).nonzero().flatten().split(step):
        answers = bundle.predictions.numpy()[:, rows.numpy()]
        before = (answers < bundle.labels[rows].numpy()) & (answers >= 0)
        flags = np.concatenate([_flags(bundle, rows, missing), before[None]])
        words = _words(np.pad(flags, ((0, 0), (0, 1), (0, 0))))
        inputs = (
            voices,
            words,
            _same(answers),
            _words(_groups(grouping, rows)),
            _counting(len(rows), missing),
        )
        lanes.count(lanes.by_votes(), words.shape[2], inputs, found)
    return _fields(found, order, grouping, scored=False)


def _counts(teams: int, grouping: Grouping | None) -> list[Counts]:
    groups = 0 if grouping is None else len(grouping.levels)
    return [Counts(teams, groups) for _ in range(torch.get_num_threads())]


def _fields(
    parts: list[Counts], order: np.ndarray, grouping: Grouping | None, *, scored: bool
) -> dict[str, Tensor]:
    """The counts in the order that the teams were given in."""
    found, place = parts[0], np.empty_like(order)
    for part in parts[1:]:
        found.add(part)
    place[order] = np.arange(len(order))
    outcomes, groups = found.outcomes[place], found.groups[:, place]
    arrays = {
        "n": outcomes.sum(1),
        "right": outcomes[:, :3].sum(1),
        "outcomes": outcomes,
        "scored": found.answered[place],
        "loss_sum": found.losses[place].clip(0) if scored else np.zeros(len(order)),
    }
    if grouping is not None:
        arrays |= {"group_n": groups[0], "group_right": groups[1]}
    return {name: torch.from_numpy(values) for name, values in arrays.items()}


def _in_lexical_order(member: Tensor) -> tuple[np.ndarray, ...]:
    """Members int64 [E, K] with -1 behind the last, how many [E], how many in common [E]; order."""
    team, model = member.numpy().nonzero()
    sizes = np.bincount(team, minlength=len(member))
    members = np.full((len(member), sizes.max()), -1)
    members[team, np.arange(len(team)) - (sizes.cumsum() - sizes)[team]] = model
    order = np.lexsort(members.T[::-1])
    members = np.ascontiguousarray(members[order])
    alike = np.zeros(members.shape, dtype=bool)
    alike[1:] = members[1:] == members[:-1]
    common = np.logical_and.accumulate(alike, 1).sum(1)
    return members, sizes[order], common, order


def _leads(evidence: Evidence, labels: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Leads of the label [B, M, J, 64] and what they start from [B, J, 64]."""
    values, starts = label_leads(evidence, labels)
    blocks, wide = -(-len(labels) // LANES), -(-len(values) // PLANES) * PLANES
    leads = np.zeros((blocks, values.shape[1], wide, LANES))
    start = np.full((blocks, wide, LANES), np.inf)
    for plane in range(len(values)):
        leads[:, :, plane] = _in_lanes(values[plane]).transpose(1, 0, 2)
        start[:, plane] = _in_lanes(starts[plane])
    return leads, start


def _likely(evidence: Evidence, labels: Tensor, row: Rule) -> np.ndarray:
    """The evidence for the label, and what it is divided by, [B, 2, M, 64]; none without."""
    if row.pool is None:
        return np.empty((-(-len(labels) // LANES), 2, 0, LANES))
    models = evidence.planes.shape[1]
    of_label = evidence.planes.gather(0, labels.expand(1, models, -1))[0]
    both = torch.stack([of_label.double(), row.total(evidence).double()])
    return np.ascontiguousarray(_in_lanes(both).transpose(2, 0, 1, 3))


def _flags(bundle: Bundle, rows: Tensor, missing: Missing) -> np.ndarray:
    """Who is right, who is wrong (a gap, where it counts so) and who has answered, [3, M, n]."""
    places = rows.numpy()
    grades, answers = bundle.grades.numpy()[:, places], bundle.predictions.numpy()[:, places]
    wrong = grades != 1 if missing == "wrong" else grades == 0
    return np.stack([grades == 1, wrong, answers >= 0])


def _groups(grouping: Grouping | None, rows: Tensor) -> np.ndarray:
    """Bool [G, n]; no group without a grouping."""
    if grouping is None:
        return np.zeros((0, len(rows)), dtype=bool)
    return grouping.membership(rows).T.numpy()


def _counting(samples: int, missing: Missing) -> np.ndarray:
    """The samples that count even if nobody has answered, as words [B]."""
    return _words(np.full(samples, missing == "wrong"))


def _same(answers: np.ndarray) -> np.ndarray:
    """Which two of M + 1 voices, the first before the second, gave the same answer.

    As words [M + 1, M + 1, W]; the last voice is nobody's.
    """
    depth = max(1, int(answers.max(initial=0)).bit_length())
    planes = [_words((answers >> bit & 1).astype(bool)) for bit in range(depth)]
    known, models = _words(answers >= 0), len(answers)
    words = np.zeros((models + 1, models + 1, known.shape[1]), dtype=np.uint64)
    for model in range(models - 1):
        differ = planes[0][model + 1 :] ^ planes[0][model]
        for plane in planes[1:]:
            differ |= plane[model + 1 :] ^ plane[model]
        words[model, model + 1 : -1] = ~differ & known[model + 1 :] & known[model]
    return words


def _words(flags: np.ndarray) -> np.ndarray:
    """Bool [..., n] as bits, uint64 [..., W], the first sample lowest; 0 behind the last."""
    packed = np.packbits(flags, axis=-1, bitorder="little")
    wide = np.zeros((*flags.shape[:-1], -(-flags.shape[-1] // LANES) * 8), dtype=np.uint8)
    wide[..., : packed.shape[-1]] = packed
    return wide.view("<u8")


def _in_blocks(words: np.ndarray) -> np.ndarray:
    """[..., B] with the blocks first."""
    return np.ascontiguousarray(np.moveaxis(words, -1, 0))


def _in_lanes(values: Tensor) -> np.ndarray:
    """[..., n] as [..., B, 64], filled up with 0."""
    blocks = -(-values.shape[-1] // LANES)
    wide = values.new_zeros(*values.shape[:-1], blocks * LANES)
    wide[..., : values.shape[-1]] = values
    return wide.unflatten(-1, (blocks, LANES)).numpy()
