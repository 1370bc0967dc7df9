"""Which models can stand in for others, and what teams of such stand-ins agree on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made import random_bundle

from analysis.axes import usable_axes
from analysis.candidates import plan
from analysis.ensemble import Ensemble, combine
from analysis.evaluation import evaluate_axes
from analysis.stand_ins import families, twins


def described(**columns):
    size = len(next(iter(columns.values())))
    info = {name: np.array(values) for name, values in columns.items()}
    for name, values in columns.items():
        if any(isinstance(value, str) for value in values):
            info[name] = np.array(values, dtype=object)
    return replace(random_bundle(size, 80, seed=3), model_info=info, fingerprint="")


def test_runs_checkpoints_and_views_are_told_by_their_columns():
    pool = described(
        family=["a", "a", "a", "b", "b", "b"],
        seed=[0, 1, 1, 0, 0, 0],
        epoch=[9, 9, 3, 9, 9, 9],
        view=["", "", "", "", "flip", "crop"],
        kind=["member", "member", "checkpoint", "member", "member", "member"],
        cost=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    )
    assert families(pool, "runs")[:, 0].tolist() == [0, 0, 2, 3, 4, 5]
    assert families(pool, "checkpoints").tolist()[1:3] == [[1, 0], [1, 1]]
    assert families(pool, "views")[:, 0].tolist() == [0, 1, 2, 3, 4, 4]


def test_without_a_family_nobody_stands_in_for_anybody():
    pool = described(seed=[0, 1, 2])
    assert families(pool, "runs")[:, 0].tolist() == [0, 1, 2]


@given(st.integers(0, 10_000))
def test_twins_have_other_members_of_the_same_families_and_weights(seed):
    generator = torch.Generator().manual_seed(seed)
    family = torch.randint(0, 3, (9,), generator=generator)
    place = torch.randperm(9, generator=generator)
    weights = torch.randint(0, 3, (12, 9), generator=generator).double()
    found = twins(weights, torch.stack([family, place], 1))
    assert not ((found > 0) & (weights > 0)).any()
    for own, other in zip(weights, found, strict=True):
        counts = [((own > 0) & (family == f)).sum() for f in range(3)]
        sizes = [(family == f).sum() for f in range(3)]
        possible = all(2 * n <= size for n, size in zip(counts, sizes, strict=True))
        assert bool((other > 0).any()) == (possible and bool((own > 0).any()))
        if possible:
            for f in range(3):
                assert sorted(own[family == f].tolist()) == sorted(other[family == f].tolist())


@pytest.mark.parametrize("rule", ["plurality", "mean"])
def test_the_axis_is_the_agreement_of_a_team_with_its_twin(rule):
    pool = described(family=["a", "a", "b", "b", "c"], seed=[0, 1, 0, 1, 0])
    assert usable_axes(pool)["same_runs"] is None
    assert "column 'epoch'" in usable_axes(pool)["same_checkpoints"]
    members = [(0, 2), (3,), (0, 1), (2, 4)]
    own = [Ensemble(tuple(pool.models[at] for at in team), rule) for team in members]
    foreign = "mean" if rule == "plurality" else "plurality"
    other = Ensemble((pool.models[0], pool.models[2]), foreign)
    planned = plan(pool, rule, all_up_to=0, random_per_size=0, greedy=False, own=[*own, other])
    found = evaluate_axes(pool, planned, ("same_runs",)).column("same_runs")
    keys = [planned.ensemble(row).key for row in range(len(planned))]
    reached = [found[keys.index(one.key)].item() for one in (*own, other)]

    def said(team, rule=rule):
        return combine(pool, Ensemble(tuple(pool.models[at] for at in team), rule)).predictions[0]

    def alike(one, two, rule=rule):
        return (said(one, rule) == said(two, rule)).double().mean().item()

    assert reached[:2] == [alike((0, 2), (1, 3)), alike((3,), (2,))]
    assert np.isnan(reached[2:4]).all()
    assert reached[4] == alike((0, 2), (1, 3), foreign)
