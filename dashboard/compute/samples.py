"""What is shown of single samples."""

from collections.abc import Sequence

import numpy as np
import torch

from analysis.bundle import Bundle
from analysis.confidence import confidence_of
from analysis.outcomes import OUTCOMES
from analysis.projection import pca
from analysis.samples import sample_values
from dashboard.compute.caching import cached, frozen, kept
from dashboard.theme import DASH, shortened


@kept()
def _pca(_bundle: Bundle, fingerprint: str) -> np.ndarray:
    return frozen(pca(_bundle.embeddings).cpu().numpy())


def pca_map(bundle: Bundle) -> np.ndarray:
    """First two principal components of the embeddings, float32 [N, 2]."""
    return _pca(bundle, bundle.fingerprint)


@kept()
def _lot(size: int) -> np.ndarray:
    """All rows in an order drawn by lot, the same every time."""
    return np.random.default_rng(0).permutation(size)


def drawn_rows(there: np.ndarray, most: int, first: np.ndarray | None = None) -> np.ndarray:
    """At most so many samples, drawn by lot; of a part of them those that were drawn before.

    Args:
        there: bool [N], which may be drawn.
        most: how many.
        first: int [n], rows that come before all others.

    Returns:
        int [n], rows, ascending.
    """
    if np.count_nonzero(there) <= most:
        return np.flatnonzero(there)
    lot = _lot(len(there))
    lot = lot[there[lot]]
    if first is not None:
        wanted = np.zeros(len(there), dtype=bool)
        wanted[first] = True
        lot = np.concatenate([lot[wanted[lot]], lot[~wanted[lot]]])
    return np.sort(lot[:most])


@kept()
def _confidences(_bundle: Bundle, fingerprint: str, members: tuple[str, ...]) -> np.ndarray:
    rows = [confidence_of(_bundle, member) for member in members]
    unknown = torch.full((len(_bundle.ids),), torch.nan, dtype=torch.float64)
    return frozen(np.stack([(unknown if row is None else row).cpu().numpy() for row in rows]))


def confidences(bundle: Bundle, members: Sequence[str]) -> np.ndarray:
    """Confidence of these models in their own answers, float64 [K, N], NaN where unknown."""
    return _confidences(bundle, bundle.fingerprint, tuple(members))


@cached()
def _confident(_bundle: Bundle, fingerprint: str, members: tuple[str, ...]) -> bool:
    return bool(np.isfinite(confidences(_bundle, members)).any())


def confident(bundle: Bundle, members: Sequence[str]) -> bool:
    """Whether some of these models says how sure it is of some answer."""
    return _confident(bundle, bundle.fingerprint, tuple(members))


@kept()
def _different_answers(_bundle: Bundle, fingerprint: str, members: tuple[str, ...]) -> np.ndarray:
    values = sample_values(_bundle.select(members), ["different_answers"])
    return frozen(values["different_answers"].int().cpu().numpy())


def different_answers(bundle: Bundle, members: Sequence[str]) -> np.ndarray:
    """How many different answers these models give per sample, int32 [N]."""
    return _different_answers(bundle, bundle.fingerprint, tuple(members))


def hover(bundle: Bundle, table: dict[str, np.ndarray], rows: np.ndarray) -> list[str]:
    """One text per row, not escaped, in lines: id, label, the ensemble's answer, outcome.

    Args:
        bundle: N samples.
        table: outcomes of the ensemble, as `compute.outcome_table` gives them.
        rows: int [n], which samples.
    """
    names = np.array([*bundle.classes, DASH], dtype=object)
    labels = np.full(len(bundle.ids), -1) if bundle.labels is None else bundle.labels.cpu()
    outcome = np.array([*OUTCOMES, "not judged"], dtype=object)[table["codes"][rows]]
    lines = zip(
        [bundle.ids[row] for row in rows.tolist()],
        names[np.asarray(labels)[rows]],
        names[table["answers"][rows]],
        outcome,
        table["members_right"][rows].tolist(),
        strict=True,
    )
    return [
        f"{shortened(sample, 60)}\nlabel {shortened(label)}, ensemble {shortened(said)} ({made})\n"
        f"{right} members right"
        for sample, label, said, made, right in lines
    ]
