"""Slices that nobody named: what is searched, what was found, and what stands out in each."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.ensemble import Ensemble
from analysis.grouping import Grouping
from analysis.slice_columns import CLUSTERS, LeftOut, left_out, slice_columns
from analysis.slice_finding import METHODS, Search
from analysis.slice_reports import SliceReport, report_slices
from analysis.slice_scores import SLICE_SCORES, SliceScore, slice_score_values, slice_scores
from analysis.slices import over_represented
from dashboard.compute.caching import cached, kept
from dashboard.compute.ensembles import combined, reference
from dashboard.state import Choices

TOLD = (
    *("n", "inside", "inside_low", "inside_high"),
    *("outside_n", "outside", "outside_low", "outside_high"),
    *("gap", "low", "high", "p"),
)
RESEEDS = 10
STANDING_OUT = 6
HUNDREDTH = 100


@dataclass(frozen=True)
class SlicesWanted:
    """What a person asks for.

    Attributes:
        score: a name in SLICE_SCORES.
        model: whose error, for "model_error".
        methods: names in METHODS.
        columns: what is searched.
        max_level: most conditions of a slice.
        least: samples of the smallest slice, in each half.
        seed: of the halves.
    """

    score: str
    model: str
    methods: tuple[str, ...]
    columns: tuple[str, ...]
    max_level: int
    least: int
    seed: int


@dataclass(frozen=True, eq=False)
class SlicesAsked:
    """The same with all that a search needs, which knows no cache and no page.

    Attributes:
        bundle: all samples that are looked at.
        scores: float64 [N].
        score: what they are.
        search: how it is searched.
        wanted: what was asked for.
        left_out: columns in which no slice can be, and why.
        key: equal for equal searches.
    """

    bundle: Bundle
    scores: Tensor
    score: SliceScore
    search: Search
    wanted: SlicesWanted
    left_out: dict[str, LeftOut]
    key: str


@kept()
def columns_with_clusters(_bundle: Bundle, fingerprint: str, seed: int) -> dict[str, Grouping]:
    """What slices are made of, clusters of embeddings with this seed among it."""
    return slice_columns(_bundle, seed=seed)


@kept()
def _columns(_bundle: Bundle, fingerprint: str) -> dict[str, Grouping]:
    return slice_columns(_bundle, clusters=False)


def slice_column_names(choices: Choices) -> tuple[str, ...]:
    """Columns that can be searched."""
    return tuple(_columns(choices.bundle, choices.bundle.fingerprint))


@cached()
def _offered(_bundle: Bundle, fingerprint: str, _ensemble: Ensemble, key: str) -> tuple[str, ...]:
    return tuple(score.name for score in slice_scores(_bundle, _ensemble))


def slice_score_choices(choices: Choices) -> dict[str, SliceScore]:
    """Scores that the bundle has the data for, by name."""
    bundle, ensemble = choices.bundle, choices.ensemble
    names = _offered(bundle, bundle.fingerprint, ensemble, ensemble.key)
    return {name: SLICE_SCORES[name] for name in names}


def slice_methods(choices: Choices) -> tuple[str, ...]:
    """Methods that have something to search."""
    embedded = choices.bundle.embeddings is not None
    there = {"conditions": slice_column_names(choices), "clusters": embedded}
    there |= {"regions": there["conditions"], "answer clusters": embedded}
    return tuple(name for name in METHODS if there[name])


@kept()
def _values(
    _bundle: Bundle,
    fingerprint: str,
    _ensemble: Ensemble,
    key: str,
    name: str,
    model: str,
    reference: str | None,
    missing: str,
) -> Tensor:
    return slice_score_values(
        _bundle, _ensemble, name, model=model, reference=reference, missing=missing
    )


def slices_asked(choices: Choices, wanted: SlicesWanted) -> SlicesAsked:
    """All that a search of slices needs."""
    bundle, ensemble, against = choices.bundle, choices.ensemble, reference(choices)
    made = (ensemble.key, wanted.score, wanted.model, against, choices.missing)
    scores = _values(bundle, bundle.fingerprint, ensemble, *made)
    columns = _columns(bundle, bundle.fingerprint)
    half = int(torch.isfinite(scores).sum()) // 2
    least = max(wanted.least, -(-half // HUNDREDTH))
    search = Search(
        columns={name: columns[name] for name in wanted.columns if name in columns},
        methods=wanted.methods,
        answers=_answers(choices, wanted),
        max_level=wanted.max_level,
        min_size=least,
    )
    text = repr((bundle.fingerprint, made, wanted))
    return SlicesAsked(
        bundle=bundle,
        scores=scores,
        score=SLICE_SCORES[wanted.score],
        search=search,
        wanted=wanted,
        left_out=left_out(bundle, columns, least),
        key="slices-" + hashlib.blake2b(text.encode(), digest_size=12).hexdigest(),
    )


def _answers(choices: Choices, wanted: SlicesWanted) -> tuple[Tensor, ...]:
    """Labels, where there are some, and the answers of whom the score is about."""
    bundle = choices.bundle
    if "answer clusters" not in wanted.methods:
        return ()
    single = bundle.select((wanted.model,)) if wanted.score == "model_error" else None
    said = (single or combined(bundle, choices.ensemble)).predictions[0]
    return (said,) if bundle.labels is None else (bundle.labels, said)


def search_slices(asked: SlicesAsked, report: Callable[[float, str], None]) -> dict:
    """What a search found, as `told`."""
    found = report_slices(
        asked.bundle,
        asked.scores,
        asked.search,
        signs=asked.score.signs,
        net=asked.score.net,
        seed=asked.wanted.seed,
        least=asked.wanted.least,
        reseeds=RESEEDS,
        report=report,
    )
    known = torch.isfinite(asked.scores)
    overall = float(asked.scores[known].mean()) if known.any() else float("nan")
    return told(asked.bundle, found) | {"scored": int(known.sum()), "overall": overall}


def told(bundle: Bundle, report: SliceReport) -> dict:
    """What is shown of slices.

    Args:
        bundle: N samples.
        report: K slices of them.

    Returns:
        Per slice [K]: "conditions" (lists of column and what it is), "methods", "explained" (what
        a cluster holds most: column, level, lift, n; or None), "standing_out" (lists of the same
        for all columns that are no condition), "rows" of its samples, the contrast on the other
        half by name and on the half they were "found" on, "p_bh", "p_holm", "passed", "again" and
        "sign". And "split", "by_label" and "columns" of the search.
    """
    tensors = ("p_bh", "p_holm", "passed", "again", "sign")
    return {
        "conditions": [list(one.conditions) for one in report.slices],
        "methods": [one.method for one in report.slices],
        "explained": _clusters_told(bundle, report),
        "standing_out": _standing_out(report),
        "rows": [row.nonzero().flatten().cpu().numpy() for row in report.inside],
        "found": {name: getattr(report.found, name).cpu().numpy() for name in TOLD},
        **{name: getattr(report.held_out, name).cpu().numpy() for name in TOLD},
        **{name: getattr(report, name).cpu().numpy() for name in tensors},
        "split": report.split.description,
        "by_label": report.by_label,
        "columns": tuple(report.columns),
    }


@kept()
def _search_slices_now(_asked: SlicesAsked, key: str) -> dict:
    return search_slices(_asked, lambda *_: None)


def search_slices_now(asked: SlicesAsked) -> dict:
    """`search_slices`, kept for all sessions."""
    return _search_slices_now(asked, asked.key)


def _clusters_told(bundle: Bundle, report: SliceReport) -> list[tuple[str, str, float, int] | None]:
    """What is most over-represented in the cluster that a slice is made of: column, level ..."""
    known = {name: own for name, own in report.columns.items() if name in bundle.groups}
    found: list = []
    for one, inside in zip(report.slices, report.inside, strict=True):
        cluster = inside if one.method.endswith("clusters") else None
        for column, level in one.conditions:
            if column.rstrip() == CLUSTERS and column in report.columns and column not in known:
                grouping = report.columns[column]
                cluster = grouping.within([grouping.levels.index(level)])
        best = [] if cluster is None else over_represented(cluster[None], known)[0]
        found.append(_named(report, best)[0] if best else None)
    return found


def _standing_out(report: SliceReport) -> list[list[tuple[str, str, float, int]]]:
    """What is over-represented in each slice, beside its own conditions."""
    levels = sum(len(grouping.levels) for grouping in report.columns.values())
    found = over_represented(report.inside, report.columns, top=levels)
    beside = []
    for one, own in zip(report.slices, found, strict=True):
        columns = {column for column, _ in one.conditions}
        beside.append(_named(report, [t for t in own if t[0] not in columns][:STANDING_OUT]))
    return beside


def _named(report: SliceReport, found: list) -> list[tuple[str, str, float, int]]:
    return [(column, report.columns[column].levels[at], *more) for column, at, *more in found]
