"""Strange bundles through every measure, every rule and whatever else the library offers."""

import pytest
import torch
from stress.bundles import strange
from stress.running import Told, examined

from analysis.catalog import CATALOG
from analysis.rules import RULES

BUNDLES, AT_A_TIME = 200, 40


@pytest.mark.parametrize("first", range(0, BUNDLES, AT_A_TIME))
def test_strange_bundles_break_nothing(first):
    told = Told()
    for seed in range(first, first + AT_A_TIME):
        told += examined(seed)
    assert not told.failures, "\n".join(map(str, told.failures[:5]))
    asked = {name for name, measure in CATALOG.items() if measure.kind != "sample"}
    for name in (*asked, *RULES, "scores of samples"):
        assert told.asked[name] == AT_A_TIME, name


def test_strange_bundles_are_strange():
    bundles = [strange(seed) for seed in range(BUNDLES)]
    assert {len(bundle.models) for bundle in bundles} == set(range(1, 7))
    assert {len(bundle.classes) for bundle in bundles} == set(range(1, 6))
    assert min(len(bundle.ids) for bundle in bundles) == 1
    for odd in (
        lambda bundle: bundle.labels is None,
        lambda bundle: bundle.grades_alone,
        lambda bundle: bundle.graded_elsewhere and not bundle.grades_alone,
        lambda bundle: (bundle.predictions < 0).all(1).any(),
        lambda bundle: not bundle.probabilities,
        lambda bundle: any((rows == 1).any() for rows in bundle.probabilities.values()),
        lambda bundle: any(one.overlapping for one in bundle.groups.values()),
        lambda bundle: any((one.sizes() == 0).any() for one in bundle.groups.values()),
        lambda bundle: "cost" in bundle.model_info and not bundle.model_info["cost"].any(),
        lambda bundle: bundle.embeddings is not None and (bundle.embeddings == 0).all(),
        lambda bundle: bundle.units is not None and len(bundle.units.unique()) < len(bundle.ids),
        lambda bundle: len(torch.unique(bundle.predictions, dim=0)) < len(bundle.models),
    ):
        assert 3 < sum(map(bool, map(odd, bundles))) < BUNDLES - 20
