"""Mixing weights against mixing outputs: soups, interpolations and the ensembles of the same."""

from dataclasses import dataclass

import torch
from torch import Tensor

from analysis.bundle import Bundle
from analysis.catalog import CATALOG, value
from analysis.differences import difference_of_two
from analysis.ensemble import Ensemble, combine
from analysis.grading import judgeable
from analysis.intervals import accuracy_interval, mcnemar_p
from analysis.judging import judged_answers
from analysis.outcomes import Outcomes, compared, outcomes
from analysis.quality import accuracy
from analysis.recipes import Line, Soup
from analysis.resampling import sums_and_intervals
from analysis.tally import Missing

CELLS = ("both right", "only the ensemble right", "only the soup right", "both wrong")
FOURWAY = ("TTT", "TTF", "TFT", "TFF", "FTT", "FTF", "FFT", "FFF")
PARTIES = ("ingredients", "soup", "ensemble")

Rate = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class SoupComparison:
    """A soup beside the ensemble of its ingredients, on the samples that both are judged on.

    Attributes:
        rule: of the ensemble, "mean" or, where an ingredient has no probabilities, "plurality".
        n: samples that are compared.
        soup: accuracy with its 95 % interval.
        ensemble: accuracy with its 95 % interval.
        ingredients: accuracy of each ingredient where it is judged, float64 [K].
        difference: soup minus ensemble with its paired 95 % interval; above 0 the soup is better.
        p: exact McNemar test of the samples that only one of the two has right.
        same: share of these samples on which both say the same, with its 95 % interval.
        cells: int8 [N], index into CELLS, -1 where the two are not compared.
        soup_outcomes: what the soup made of its ingredients' answers.
        ensemble_outcomes: what the ensemble made of them.
    """

    rule: str
    n: int
    soup: Rate
    ensemble: Rate
    ingredients: Tensor
    difference: Rate
    p: float
    same: Rate
    cells: Tensor
    soup_outcomes: Outcomes
    ensemble_outcomes: Outcomes

    @property
    def table(self) -> Tensor:
        """Samples per entry of CELLS, int64 [4]."""
        return torch.bincount(self.cells[self.cells >= 0].long(), minlength=len(CELLS))


@dataclass(frozen=True, eq=False)
class Along:
    """What happens between two models: their weights mixed, and their outputs mixed.

    Attributes:
        n: samples on which each point is judged, int64 [A].
        weights: accuracy of the models on the line, float64 [A, 3]: rate, low, high.
        outputs: of the two ends' probabilities mixed at the same alphas, float64 [A, 3]; NaN
            where an end has no probabilities.
        weight_outcomes: int8 [A, N], index into OUTCOMES: what the model on the line made of the
            two ends' answers; -1 where it is not judged.
        output_outcomes: the same of the mixed outputs; None where they are unknown.
        fourway: int64 [A, 8], samples per entry of FOURWAY: first end, second end and model on
            the line right (T) or wrong (F), where all three are judged.
    """

    n: Tensor
    weights: Tensor
    outputs: Tensor
    weight_outcomes: Tensor
    output_outcomes: Tensor | None
    fourway: Tensor


def soup_against_ensemble(
    bundle: Bundle, soup: Soup, *, missing: Missing = "exclude"
) -> SoupComparison:
    """One model with mean weights beside the mean output of the models it was made of.

    Args:
        bundle: holds the soup and its ingredients.
        soup: as `analysis.recipes.soups` finds them.
        missing: as everywhere.

    Returns:
        Accuracies, their paired difference, and every sample's place in the two-by-two table.

    Raises:
        BundleError: a model is not in the bundle.

    References:
        Wortsman et al. 2022, Model soups (ICML); McNemar 1947, Psychometrika 12.
    """
    rule = {"missing": missing, "labelled": judgeable(bundle)}
    team, alone = bundle.select(soup.ingredients), bundle.select((soup.model,))
    ensemble = _ensemble_of(bundle, soup)
    together = combine(bundle, ensemble)
    both, units = compared(together, alone, **rule), bundle.units
    by_ensemble, by_soup = together.correct[0], alone.correct[0]
    said = (together.predictions[0] >= 0) & (alone.predictions[0] >= 0) & both
    same = together.predictions[0] == alone.predictions[0]
    judged = judged_answers(team, missing)
    only = [int((both & flags).sum()) for flags in (by_soup & ~by_ensemble, by_ensemble & ~by_soup)]
    return SoupComparison(
        rule=ensemble.rule,
        n=int(both.sum()),
        soup=_rate(by_soup, both, units),
        ensemble=_rate(by_ensemble, both, units),
        ingredients=accuracy((team.correct & judged).sum(1), judged.sum(1)),
        difference=tuple(map(float, difference_of_two(by_soup, by_ensemble, both, units))),
        p=mcnemar_p(*only),
        same=_rate(same, said, units),
        cells=torch.where(both, 2 * (~by_ensemble).long() + (~by_soup).long(), -1).to(torch.int8),
        soup_outcomes=outcomes(team, alone, **rule),
        ensemble_outcomes=outcomes(team, together, **rule),
    )


def along_interpolation(bundle: Bundle, line: Line, *, missing: Missing = "exclude") -> Along:
    """Accuracy and outcomes from one end of a line to the other, in weights and in outputs.

    At the ends themselves, what one has right and the other wrong counts as corrected or spoiled.

    Args:
        bundle: holds the A models of the line.
        line: as `analysis.recipes.lines` finds them.
        missing: as everywhere.

    Returns:
        One row per alpha.

    Raises:
        BundleError: a model is not in the bundle.

    References:
        Wortsman et al. 2022, Robust fine-tuning of zero-shot models (WiSE-FT); Lin et al. 2024
        (BANG) for the samples that both ends have wrong and the model between has right (FFT).
    """
    rule = {"missing": missing, "labelled": judgeable(bundle)}
    team = bundle.select(line.ends)
    weights = _stacked([outcomes(team, bundle.select((m,)), **rule) for m in line.models])
    outputs, codes = torch.full((len(line.models), 3), torch.nan, dtype=torch.float64), None
    if all(model in bundle.probabilities for model in line.ends):
        mixed = [combine(bundle, _mixture(line.ends, alpha)) for alpha in line.alphas]
        found = _stacked([outcomes(team, one, **rule) for one in mixed])
        outputs, codes = _rates(found["right"], found["judged"], bundle.units), found["codes"]
    ends_judged = weights["judged"][[0, -1]].all(0)
    return Along(
        n=weights["judged"].sum(1),
        weights=_rates(weights["right"], weights["judged"], bundle.units),
        outputs=outputs,
        weight_outcomes=weights["codes"],
        output_outcomes=codes,
        fourway=fourway(*team.correct, weights["right"], weights["judged"] & ends_judged),
    )


def fourway(first: Tensor, second: Tensor, combined: Tensor, known: Tensor) -> Tensor:
    """How often two models and what was made of them are right or wrong together.

    Args:
        first: bool [N], the first model is right.
        second: bool [N], the second.
        combined: bool [A, N], each of A models or ensembles made of the two.
        known: bool [A, N], all three are judged.

    Returns:
        int64 [A, 8], samples per entry of FOURWAY; "FFT" is the rescue of two.

    Example:
        >>> wrong, right = torch.tensor([False, False]), torch.tensor([[True, False]])
        >>> fourway(wrong, wrong, right, torch.ones(1, 2, dtype=torch.bool)).tolist()
        [[0, 0, 0, 0, 0, 0, 1, 1]]

    References:
        Lin et al. 2024, Spurious feature diversification improves out-of-distribution
        generalization (BANG).
    """
    keys = 4 * (~first).long() + 2 * (~second).long() + (~combined).long()
    rows = torch.arange(len(combined), device=keys.device)[:, None] * len(FOURWAY)
    counts = (keys + rows)[known].bincount(minlength=len(combined) * len(FOURWAY))
    return counts.view(len(combined), len(FOURWAY))


def error_parts(
    bundle: Bundle, soup: Soup, *, missing: Missing = "exclude", seed: int = 0
) -> dict[str, Tensor]:
    """What the error of ingredients, soup and ensemble is made of.

    The ingredients' mean loss is what they share (bias) plus how far they part (variance): for
    the Brier score the loss of their mean probability and the ambiguity, for the error rate the
    error of their most frequent answer and harmful minus helpful spread. A soup and an ensemble
    answer once, so there is no spread to see in them and their whole loss stands as bias.

    Args:
        bundle: holds the soup and its ingredients.
        soup: as `analysis.recipes.soups` finds them.
        missing: as everywhere.
        seed: of the bootstrap.

    Returns:
        For "error" and "brier": "/total", "/low", "/high", "/bias" and "/variance", float64 [3]
        each, in the order of PARTIES; the total is bias + variance; lower is better. NaN where
        probabilities or labels are missing.

    References:
        Domingos 2000, A unified bias-variance decomposition; Krogh and Vedelsby 1995.
    """
    teams = (
        bundle.select(soup.ingredients),
        bundle.select((soup.model,)),
        combine(bundle, _ensemble_of(bundle, soup)),
    )
    rows = [_parts(team, missing, seed) for team in teams]
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


def _parts(team: Bundle, missing: Missing, seed: int) -> dict[str, Tensor]:
    """Total, its interval, bias and variance of one party, by both losses."""
    single = len(team.models) == 1
    brier = ("brier",) if single else ("mean_member_brier", "mean_brier", "ambiguity")
    spread = ("domingos_variance_unbiased", "domingos_variance_biased")
    names = ("mean_error", "domingos_bias", *spread, *brier)
    totals = [CATALOG["mean_error"], CATALOG[brier[0]]]
    needs = tuple(dict.fromkeys(need for name in names for need in CATALOG[name].needs))
    sums, ends = sums_and_intervals(team, totals, needs=needs, missing=missing, seed=seed)
    found = {name: value(CATALOG[name], sums).reshape(()) for name in names}
    bias = found["brier"] if single else found["mean_brier"]
    parts = {
        "error": (found["domingos_bias"], found[spread[0]] - found[spread[1]]),
        "brier": (bias, bias * 0 if single else found["ambiguity"]),
    }
    table = {}
    for loss, total in zip(parts, totals, strict=True):
        low, high = (end.reshape(()) for end in ends[total.name])
        columns = (found[total.name], low, high, *parts[loss])
        keys = ("total", "low", "high", "bias", "variance")
        table |= {f"{loss}/{key}": column for key, column in zip(keys, columns, strict=True)}
    return table


def _ensemble_of(bundle: Bundle, soup: Soup) -> Ensemble:
    scored = all(model in bundle.probabilities for model in soup.ingredients)
    return Ensemble(soup.ingredients, "mean" if scored else "plurality")


def _mixture(ends: tuple[str, str], alpha: float) -> Ensemble:
    return Ensemble(ends, "mean", weights=(1 - alpha, alpha))


def _stacked(found: list[Outcomes]) -> dict[str, Tensor]:
    """Codes int8, right and judged bool, [A, N] each."""
    names = ("codes", "right", "judged")
    return {name: torch.stack([getattr(part, name) for part in found]) for name in names}


def _rates(right: Tensor, judged: Tensor, units: Tensor | None) -> Tensor:
    """Accuracy with its 95 % interval, float64 [A, 3]."""
    rate = accuracy((right & judged).sum(1), judged.sum(1))
    return torch.stack([rate, *accuracy_interval(right, judged, units)], dim=1)


def _rate(right: Tensor, judged: Tensor, units: Tensor | None) -> Rate:
    """A single share with its interval; NaN where nothing is judged."""
    return tuple(_rates(right[None], judged[None], units)[0].tolist())
