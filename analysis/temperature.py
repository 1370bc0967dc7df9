"""One temperature per model that makes its probabilities fit the labels, and what it changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from analysis.bundle import Bundle, BundleError, position
from analysis.heated import HeatedArray, at_temperature
from analysis.lazy import LazyRows, blocks
from analysis.pool_losses import losses
from analysis.splits import Split
from analysis.stretches import stretches
from analysis.sums.distribution import Distributions
from analysis.sums.piece import Piece, pieces
from analysis.temperature_search import Chunks, Temperature, fitted

STEP_VALUES = 500_000
POOLS = ("mean of members", "mean of calibrated members", "mean of calibrated members, rescaled")


@dataclass(frozen=True, eq=False)
class TemperatureReport:
    """What temperatures fitted on some samples change on others.

    Attributes:
        models: S names: the members, then the three in `POOLS`.
        temperature: float64 [S]; NaN for "mean of calibrated members", where each member has its
            own, and where nothing could be fitted.
        at_bound: bool [S].
        ece_before: float64 [S], held out; lower is better. Before: the members and their mean
            as they are; for the last row the mean of calibrated members.
        ece_after: float64 [S], held out.
        log_loss_before: float64 [S], held out; lower is better.
        log_loss_after: float64 [S], held out.
        n_fit: labelled samples to fit on that a member answered.
        n_held_out: labelled samples to judge on that a member answered.
    """

    models: tuple[str, ...]
    temperature: Tensor
    at_bound: Tensor
    ece_before: Tensor
    ece_after: Tensor
    log_loss_before: Tensor
    log_loss_after: Tensor
    n_fit: int
    n_held_out: int


def fit_temperature(probabilities: Tensor, labels: Tensor) -> Temperature:
    """The temperature T that minimises the log loss of softmax(ln p / T).

    The optimum is where the expected ln p equals the mean ln p of the labels. It is searched
    for on 1/T in [1/1000, 1000] by Newton steps inside a bracket, by bisection where they leave
    it. The answer with the highest probability stays the same whatever T is.

    Args:
        probabilities: float [n, C] of one model or [S, n, C] of several.
        labels: int [n] or [S, n], class index; -1 is left out.

    Returns:
        Values [S]. Where every label has the highest probability, T is at its lower bound;
        where the model does worse than chance, at its upper bound; 1 where all rows are flat.

    Example:
        >>> sure = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
        >>> fit_temperature(sure, torch.tensor([0, 0, 1])).value.round(decimals=3).tolist()
        [3.17]

    References:
        Guo et al. 2017, On calibration of modern neural networks, section 4.2.
    """
    stack = probabilities if probabilities.ndim == 3 else probabilities[None]
    labels = labels.expand(stack.shape[:2])
    step = _step(*stack.shape[::2])

    def chunks() -> Iterator[tuple[Tensor, Tensor]]:
        for part in stretches(max(stack.shape[1], 1), step):
            yield stack[:, part].double(), labels[:, part].long()

    return fitted(chunks, len(stack), stack.device)


def temperatures(
    bundle: Bundle, fit: Tensor, *, members: Sequence[str] | None = None
) -> Temperature:
    """The temperature of each member, fitted on these samples.

    Args:
        bundle: N samples.
        fit: bool [N].
        members: S models with probabilities; None: all that have some.

    Returns:
        Values [S] in the order of the members.

    Raises:
        BundleError: there are no labels, or a member has no probabilities.
    """
    team = _team(bundle, members)
    return fitted(_member_chunks(team, fit), len(team.models), team.device)


def rescaled(bundle: Bundle, temperatures: Mapping[str, float]) -> Bundle:
    """The bundle with the probabilities of these models at their temperature.

    Answers and grades stay as they are.

    Args:
        bundle: N samples.
        temperatures: {model: T}, T above 0; other models stay as they are.

    Returns:
        A bundle of the same models and samples, probabilities stored as before; those that lie
        in files stay there, and are rescaled when they are asked for.

    Raises:
        BundleError: a model is unknown or has no probabilities.
    """
    _scored(bundle, tuple(temperatures))
    changed = dict(bundle.probabilities)
    for model, temperature in temperatures.items():
        changed[model] = _heated(bundle.probabilities[model], temperature, bundle.device)
    said = "\0".join(f"{model}={value!r}" for model, value in temperatures.items())
    return replace(
        bundle, probabilities=changed, fingerprint=f"{bundle.fingerprint}/rescaled:{said}"
    )


def temperature_report(
    bundle: Bundle, split: Split, *, members: Sequence[str] | None = None
) -> TemperatureReport:
    """Calibration before and after temperature scaling, judged on samples held out.

    A mean of calibrated members is usually under-confident, so one more temperature is fitted
    to it; and one to the mean of the members as they are.

    Args:
        bundle: N samples with labels.
        split: which samples to fit on and which to judge on.
        members: models with probabilities; None: all that have some.

    Returns:
        A row per member and one for each of `POOLS`.

    Raises:
        BundleError: there are no labels, or a member has no probabilities.

    References:
        Wu and Gales 2021, Should ensemble members be calibrated?; Rahaman and Thiery 2021.
    """
    team = _team(bundle, members)
    own = fitted(_member_chunks(team, split.fit), len(team.models), team.device)
    pool = fitted(_pool_chunks(team, split.fit, None), 1, team.device)
    again = fitted(_pool_chunks(team, split.fit, own.value), 1, team.device)
    before, after, held_out = _judged(team, split.held_out, own, pool, again)
    none = torch.full_like(pool.value, torch.nan)
    return TemperatureReport(
        models=(*team.models, *POOLS),
        temperature=torch.cat([own.value, pool.value, none, again.value]),
        at_bound=torch.cat([own.at_bound, pool.at_bound, own.at_bound.any()[None], again.at_bound]),
        ece_before=before[0],
        ece_after=after[0],
        log_loss_before=before[1],
        log_loss_after=after[1],
        n_fit=int(pool.n),
        n_held_out=held_out,
    )


def _heated(
    stored: Tensor | LazyRows, temperature: float, device: torch.device
) -> Tensor | LazyRows:
    lazy = HeatedArray(stored, temperature, device)
    return lazy if isinstance(stored, LazyRows) else torch.cat(list(blocks(lazy)))


def _step(models: int, classes: int) -> int:
    return max(1, STEP_VALUES // max(1, models * classes))


def _team(bundle: Bundle, members: Sequence[str] | None) -> Bundle:
    if bundle.labels is None:
        raise BundleError("Temperatures are fitted to labels, and there are none; load labels.")
    if members is None:
        members = tuple(model for model in bundle.models if model in bundle.probabilities)
    if not members:
        raise BundleError("Temperatures need probabilities of at least one model; none is left.")
    return bundle.select(_scored(bundle, members))


def _scored(bundle: Bundle, models: Sequence[str]) -> tuple[str, ...]:
    """These models, if all have probabilities."""
    for model in models:
        position(bundle, model)
        if model not in bundle.probabilities:
            raise BundleError(
                f"'{model}' has no probabilities to give a temperature; leave it out or load them."
            )
    return tuple(models)


def _pieces(team: Bundle, samples: Tensor) -> Iterator[Piece]:
    return pieces(team, _step(len(team.models), len(team.classes)), weights=samples)


def _member_chunks(team: Bundle, samples: Tensor) -> Chunks:
    def chunks() -> Iterator[tuple[Tensor, Tensor]]:
        for piece in _pieces(team, samples):
            here = piece.distributions
            yield here.values.double(), torch.where(here.scored, piece.labels, -1)

    return chunks


def _pool_chunks(team: Bundle, samples: Tensor, heat: Tensor | None) -> Chunks:
    """The mean of the members, each at its own temperature where there are some."""

    def chunks() -> Iterator[tuple[Tensor, Tensor]]:
        for piece in _pieces(team, samples):
            here = piece.distributions
            values = here.values.double() if heat is None else _cooled(here, heat)
            labels = torch.where(here.scored.any(0), piece.labels, -1)
            yield _mean(here, values), labels[None]

    return chunks


def _cooled(here: Distributions, heat: Tensor) -> Tensor:
    """Probabilities of the members at their temperatures [S, n, C], 0 where there are none."""
    values = at_temperature(here.values.double(), heat)
    return values.masked_fill_(~here.scored[..., None], 0)


def _mean(here: Distributions, values: Tensor) -> Tensor:
    """Mean of these values over the members that answered [1, n, C], 0 where none did."""
    return replace(here, values=values).mean.nan_to_num_(0)[None]


def _judged(
    team: Bundle, samples: Tensor, own: Temperature, pool: Temperature, again: Temperature
) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], int]:
    """ECE and log loss [S + 3] before and after, and how many samples count for the mean."""
    before = after = None
    for piece in _pieces(team, samples):
        here = piece.distributions
        values, cooled = here.values.double(), _cooled(here, own.value)
        mean, calibrated = _mean(here, values), _mean(here, cooled)
        pools = torch.cat([mean, mean, calibrated])
        rescaled_mean = at_temperature(mean, pool.value)
        changed = torch.cat([rescaled_mean, calibrated, at_temperature(calibrated, again.value)])
        one = losses(piece, torch.cat([values, pools]), pools)
        other = losses(piece, torch.cat([cooled, changed]), changed)
        before = one if before is None else before + one
        after = other if after is None else after + other
    return before.errors, after.errors, int(before.scored[-1])
