"""Soups and interpolations beside the ensembles of the same models."""

import numpy as np

from analysis.bundle import Bundle
from analysis.outcomes import OUTCOMES
from analysis.recipes import Line, Soup, lines, soups
from analysis.weights_and_outputs import (
    Along,
    SoupComparison,
    along_interpolation,
    error_parts,
    soup_against_ensemble,
)
from dashboard.compute.caching import cached, kept
from dashboard.state import Choices


def recipes(bundle: Bundle) -> tuple[tuple[Soup, ...], tuple[Line, ...]]:
    """Soups and lines of interpolations among the models; raises BundleError as they do."""
    return soups(bundle), lines(bundle)


@kept()
def _soup(_bundle: Bundle, fingerprint: str, soup: Soup, missing: str) -> SoupComparison:
    return soup_against_ensemble(_bundle, soup, missing=missing)


def soup_comparison(choices: Choices, bundle: Bundle, soup: Soup) -> dict:
    """A soup beside the ensemble of its ingredients.

    As `SoupComparison`, "cells" numpy [N], "table" of counts [4], "ingredients" float [K];
    "outcomes" {"soup" and "ensemble": {outcome: samples}} and their "codes" int8 [2, N].
    """
    found = _soup(bundle, bundle.fingerprint, soup, choices.missing)
    sides = {"soup": found.soup_outcomes, "ensemble": found.ensemble_outcomes}
    plain = ("rule", "n", "soup", "ensemble", "difference", "p", "same")
    return {name: getattr(found, name) for name in plain} | {
        "cells": found.cells.cpu().numpy(),
        "table": found.table.cpu().numpy(),
        "ingredients": found.ingredients.cpu().numpy(),
        "outcomes": {name: side.counts() for name, side in sides.items()},
        "codes": np.stack([side.codes.cpu().numpy() for side in sides.values()]),
    }


@cached()
def _parts(_bundle: Bundle, fingerprint: str, soup: Soup, missing: str) -> dict[str, np.ndarray]:
    found = error_parts(_bundle, soup, missing=missing)
    return {name: values.cpu().numpy() for name, values in found.items()}


def soup_error_parts(choices: Choices, bundle: Bundle, soup: Soup) -> dict[str, np.ndarray]:
    """Bias and variance of ingredients, soup and ensemble, as `error_parts`, [3] each."""
    return _parts(bundle, bundle.fingerprint, soup, choices.missing)


@kept()
def _along(_bundle: Bundle, fingerprint: str, line: Line, missing: str) -> Along:
    return along_interpolation(_bundle, line, missing=missing)


def along(choices: Choices, bundle: Bundle, line: Line) -> dict[str, np.ndarray | None]:
    """Accuracy and outcomes along a line of interpolations, as `Along`.

    "weights" and "outputs" float [A, 3], "n" [A]; "weight_codes" and "output_codes" int8 [A, N]
    or None; "weight_counts" and "output_counts" int [A, 6] or None; "fourway" int [A, 8].
    """
    found = _along(bundle, bundle.fingerprint, line, choices.missing)
    table: dict[str, np.ndarray | None] = {
        name: getattr(found, name).cpu().numpy() for name in ("n", "weights", "outputs", "fourway")
    }
    sides = {"weight": found.weight_outcomes, "output": found.output_outcomes}
    for side, codes in sides.items():
        known = None if codes is None else codes.cpu().numpy()
        table[f"{side}_codes"] = known
        table[f"{side}_counts"] = None if known is None else _counted(known)
    return table


def _counted(codes: np.ndarray) -> np.ndarray:
    """Samples with each outcome, int [A, 6]."""
    return np.stack([(codes == place).sum(1) for place in range(len(OUTCOMES))], axis=1)
