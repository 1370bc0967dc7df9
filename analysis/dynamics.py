"""How samples were learned: scores over the checkpoints of one training run."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError
from analysis.samples import chunk_size
from analysis.sums.piece import pieces

RUN_COLUMNS = ("family", "seed")


@dataclass(frozen=True, eq=False)
class Forgetting:
    """When each of n samples was learned and forgotten.

    Attributes:
        events: int64 [n], times that it was right and then wrong at the next judged checkpoint;
            higher is harder.
        first_learned: int64 [n], place of the first checkpoint that is right, -1 = never.
        never: bool [n], judged at some checkpoint and right at none.
        judged: bool [n], judged at some checkpoint; of the others nothing is known.
    """

    events: Tensor
    first_learned: Tensor
    never: Tensor
    judged: Tensor


def checkpoints(bundle: Bundle) -> dict[str, Tensor]:
    """Which models are checkpoints of one training run, in the order of training.

    Models belong to one run when they agree in the columns `family` and `seed` of the models'
    table (those that it has) and have a number in its column `epoch`.

    Args:
        bundle: M models, with model_info.

    Returns:
        {run: int64 [E], rows of its models by epoch}, runs with two or more checkpoints only;
        those in which two models are the same epoch are left out (see `repeated_epochs`).

    Raises:
        BundleError: no run has two checkpoints, or in each two models are the same epoch.

    Example:
        >>> said = torch.zeros(3, 1, dtype=torch.int32)
        >>> info = {"epoch": np.array([9, 1, 5]), "seed": np.array([0, 0, 1])}
        >>> bundle = Bundle(("a", "b", "c"), ("0",), ("cat", "dog"), said, model_info=info)
        >>> {run: rows.tolist() for run, rows in checkpoints(bundle).items()}
        {'seed 0': [1, 0]}
    """
    found, repeated = _runs(bundle), repeated_epochs(bundle)
    if not found:
        raise BundleError(
            "No two models are checkpoints of one training run; expected a column 'epoch' with "
            "numbers in the table of models, and equal 'family' and 'seed' (where given) within "
            "a run."
        )
    if len(repeated) == len(found):
        run, epoch = next(iter(repeated.items()))
        raise BundleError(
            f"Two models are epoch {epoch:g} of one run ({run}); tell runs apart with the "
            "columns 'family' and 'seed' of the table of models."
        )
    return {
        run: torch.tensor([row for _, row in places], device=bundle.device)
        for run, places in found.items()
        if run not in repeated
    }


def repeated_epochs(bundle: Bundle) -> dict[str, float]:
    """The runs that cannot be put in order, since two of their models are the same epoch.

    Args:
        bundle: M models, with model_info.

    Returns:
        {run: the lowest epoch that it has twice}; empty when all runs can be told apart.

    Example:
        >>> said = torch.zeros(2, 1, dtype=torch.int32)
        >>> info = {"epoch": np.array([5, 5])}
        >>> repeated_epochs(Bundle(("a", "b"), ("0",), ("cat", "dog"), said, model_info=info))
        {'all models': 5.0}
    """
    found = {}
    for run, places in _runs(bundle).items():
        for (epoch, _), (following, _) in pairwise(places):
            if epoch == following:
                found.setdefault(run, epoch)
    return found


def margins(scores: Tensor, labels: Tensor) -> Tensor:
    """Score of the label minus the highest score of another class.

    Args:
        scores: float [E, n, C], logits or log probabilities (their margins are the same).
        labels: int64 [n], -1 = unlabelled.

    Returns:
        float64 [E, n]; negative where the answer is wrong; lower is harder. NaN without a
        label, or when there is only one class.

    Example:
        >>> margins(torch.tensor([[[2.0, 0.5, 1.0]]]), torch.tensor([0])).tolist()
        [[1.0]]

    References:
        Pleiss et al. 2020, Identifying mislabeled data using the area under the margin, eq. 1.
    """
    column = labels.clamp_min(0).expand(scores.shape[:2])[..., None]
    of_label = scores.gather(2, column)[..., 0].double()
    other = scores.scatter(2, column, -torch.inf).amax(2).double()
    return torch.where((labels >= 0) & other.isfinite(), of_label - other, torch.nan)


def aum(bundle: Bundle, rows: Tensor) -> Tensor:
    """Area under the margin: mean over the checkpoints of the margin of the label.

    Margins are of log probabilities (clipped at 1e-12), which equal those of the logits. Meant
    for samples that the models were trained on; without the paper's threshold samples only the
    ranking says something.

    Args:
        bundle: M models, N samples, with labels.
        rows: int64 [E], the checkpoints of one run (see `checkpoints`); all need probabilities.

    Returns:
        float64 [N]; low or negative is hard, or the label is wrong. Checkpoints without an
        answer are left out; NaN where none is left, and without a label.

    Raises:
        BundleError: fewer than two checkpoints, no labels, or a checkpoint has no probabilities.

    References:
        Pleiss et al. 2020, Identifying mislabeled data using the area under the margin, eq. 1.
    """
    run = _run(bundle, rows)
    if bundle.labels is None:
        raise BundleError("The area under the margin needs labels, and there are none; load them.")
    lacking = [model for model in run.models if model not in run.probabilities]
    if lacking:
        raise BundleError(
            f"The area under the margin needs probabilities of every checkpoint, and "
            f"'{lacking[0]}' has none ({len(lacking)} of {len(run.models)}); load them, or use "
            "forgetting."
        )
    found = torch.full((len(run.ids),), torch.nan, dtype=torch.float64, device=run.device)
    for piece in pieces(run, chunk_size(run, of_probabilities=True)):
        here = piece.distributions
        found[piece.rows] = torch.where(
            here.scored, margins(here.logs, piece.labels), torch.nan
        ).nanmean(0)
    return found


def forgetting(right: Tensor, graded: Tensor | None = None) -> Forgetting:
    """How often samples were learned and lost again, and when they were learned first.

    Args:
        right: bool [E, n], checkpoints in the order of training.
        graded: bool [E, n], which answers were judged; others are passed over. None = all.

    Returns:
        Events, first learned, never learned and judged, [n] each.

    Example:
        >>> found = forgetting(torch.tensor([[True, False], [False, False], [True, False]]))
        >>> found.events.tolist(), found.first_learned.tolist(), found.never.tolist()
        ([1, 0], [0, -1], [False, True])

    References:
        Toneva et al. 2019, An empirical study of example forgetting, section 3.
    """
    graded = torch.ones_like(right) if graded is None else graded
    right = right & graded
    place = torch.arange(len(right), device=right.device)[:, None]
    last = torch.where(graded, place, -1).cummax(0).values
    state = right.gather(0, last.clamp_min(0)) & (last >= 0)
    learned = right.any(0)
    return Forgetting(
        events=(state[:-1] & ~state[1:]).sum(0),
        first_learned=torch.where(learned, right.byte().argmax(0), -1),
        never=graded.any(0) & ~learned,
        judged=graded.any(0),
    )


def forgetting_of(bundle: Bundle, rows: Tensor) -> Forgetting:
    """How often the checkpoints of one run learned and lost each sample; needs no probabilities.

    Args:
        bundle: M models, N samples.
        rows: int64 [E], the checkpoints of one run in the order of training (see `checkpoints`).

    Returns:
        Events, first learned, never learned and judged, [N] each; a sample that was never judged
        has no event, was not learned and is not counted as never learned.

    Raises:
        BundleError: fewer than two checkpoints, or no answer was judged.
    """
    run = _run(bundle, rows)
    if not (run.grades >= 0).any():
        raise BundleError("Forgetting needs labels or grades, and there are none; load them.")
    step = chunk_size(run, of_probabilities=False)
    parts = [forgetting(piece.right, piece.graded) for piece in pieces(run, step)]
    return Forgetting(
        events=torch.cat([part.events for part in parts]),
        first_learned=torch.cat([part.first_learned for part in parts]),
        never=torch.cat([part.never for part in parts]),
        judged=torch.cat([part.judged for part in parts]),
    )


def _runs(bundle: Bundle) -> dict[str, list[tuple[float, int]]]:
    """Epochs and rows of the models of each run, by epoch; runs of two models or more."""
    columns = [name for name in RUN_COLUMNS if name in bundle.model_info]
    runs: dict[str, list[tuple[float, int]]] = {}
    for row, epoch in enumerate(epochs_of(bundle)):
        if not math.isnan(epoch):
            named = [f"{name} {_written(bundle.model_info[name][row])}" for name in columns]
            runs.setdefault(", ".join(named) or "all models", []).append((epoch, row))
    return {run: sorted(places) for run, places in runs.items() if len(places) > 1}


def _written(value: object) -> str:
    """Whole numbers without a point: tables with gaps are read as floats."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value)


def epochs_of(bundle: Bundle) -> list[float]:
    """The models' epochs, one number each; NaN where there is none or it is no number."""
    found = []
    for value in bundle.model_info.get("epoch", np.full(len(bundle.models), np.nan)).tolist():
        try:
            found.append(float(value))
        except (TypeError, ValueError):
            found.append(math.nan)
    return found


def _run(bundle: Bundle, rows: Tensor) -> Bundle:
    if len(rows) < 2:
        raise BundleError(
            f"The number of checkpoints is {len(rows)}; expected two or more of one run: models "
            "with numbers in the column 'epoch' and equal 'family' and 'seed'."
        )
    return bundle.select([bundle.models[row] for row in rows.tolist()])
