"""Which models are mixtures, as their table says it, and what is presumed."""

from dataclasses import replace

import numpy as np
import pytest
from made import ROOT, random_bundle

from analysis import load_bundle
from analysis.bundle import BundleError
from analysis.recipes import Line, Soup, lines, soups

TUNED = ("tuned-s0", "tuned-s1", "tuned-s2", "tuned-s3")


def described(**columns):
    """Models m0, m1 ... with these columns in their table."""
    number = len(next(iter(columns.values())))
    bundle = random_bundle(number, 6)
    names = tuple(f"m{place}" for place in range(number))
    tables = dict(zip(names, bundle.probabilities.values(), strict=True))
    info = {
        name: np.array(values, dtype=float if name in ("alpha", "epoch") else object)
        for name, values in columns.items()
    }
    return replace(bundle, models=names, probabilities=tables, model_info=info, fingerprint="")


def test_the_demo_names_its_soups_and_its_line():
    bundle = load_bundle(ROOT / "data" / "demo")
    assert soups(bundle) == (
        Soup("soup-uniform", TUNED, stated=False),
        Soup("soup-greedy", TUNED, stated=False),
    )
    (line,) = lines(bundle)
    assert line.ends == ("erm", "tuned-s0")
    assert line.alphas == (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert line.models[2] == "interp-0.40"


def test_stated_ingredients_are_taken_at_their_word():
    kinds = ["member", "member", "member", "uniform soup"]
    bundle = described(kind=kinds, ingredients=[None, None, None, " m2 ; m0;"], family=["f"] * 4)
    assert soups(bundle) == (Soup("m3", ("m2", "m0"), stated=True),)


def test_presumed_ingredients_are_of_the_family_and_epoch_and_nothing_made():
    bundle = described(
        kind=["member", "member", "member", "checkpoint", "soup", "interpolation", "member"],
        family=["f", "f", "g", "f", "f", "f", "f"],
        epoch=[3, 3, 3, 3, 3, 3, 2],
    )
    assert soups(bundle) == (Soup("m4", ("m0", "m1"), stated=False),)


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": ["member", "member", "soup"]},
        {"kind": ["member", "soup"], "family": ["f", "f"]},
        {"family": ["f", "f", "f"]},
        {"kind": [None, 3.5, None]},
    ],
)
def test_without_enough_to_go_by_there_is_no_soup(columns):
    assert soups(described(**columns)) == ()
    assert lines(described(**columns)) == ()


def test_lines_go_by_stated_ends_or_by_family():
    bundle = described(
        alpha=[np.nan, np.nan, 0.5, 0.0, 0.25, 1.0, 0.75],
        family=["f", "f", "f", "g", "g", "g", "g"],
        ingredients=[None, None, "m1;m0", None, None, None, None],
    )
    assert lines(bundle) == (
        Line(("m1", "m2", "m0"), (0.0, 0.5, 1.0)),
        Line(("m3", "m4", "m6", "m5"), (0.0, 0.25, 0.75, 1.0)),
    )


@pytest.mark.parametrize(
    "alphas",
    [
        [0.0, 1.0, np.nan],
        [0.0, 0.5, 0.5],
        [0.0, 0.5, 0.5, 1.0],
        [0.1, 0.5, 1.0],
        [0.0, 2.0, 1.0],
    ],
)
def test_no_line_without_ends_points_between_and_one_model_each(alphas):
    assert lines(described(alpha=alphas)) == ()


def test_an_unknown_ingredient_is_said():
    bundle = described(kind=["member", "soup"], ingredients=[None, "m0;gone"])
    with pytest.raises(BundleError, match="'m1' is said to be made of 'gone'"):
        soups(bundle)
    with pytest.raises(BundleError, match="parted by semicolons"):
        lines(bundle)
