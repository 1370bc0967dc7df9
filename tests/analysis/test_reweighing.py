"""Weights that move one by one give what adding everything up gives."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis.bundle import Bundle, BundleError
from analysis.ensemble import Ensemble, answer
from analysis.reweighing import MOST_MOVES, answer_of, can_stand, standing
from analysis.rules import RULES

WEIGHABLE = [name for name, rule in RULES.items() if rule.weighable]
few = settings(deadline=None, max_examples=25, derandomize=True)


def same(bundle, ensemble, found) -> None:
    expected, got = answer(bundle, ensemble), answer_of(bundle, found)
    assert torch.equal(got.predictions, expected.predictions)
    assert torch.equal(got.tied, expected.tied)
    assert (got.probabilities is None) == (expected.probabilities is None)
    if got.probabilities is not None:
        torch.testing.assert_close(got.probabilities, expected.probabilities, equal_nan=True)


@few
@given(
    st.sampled_from(WEIGHABLE),
    st.integers(0, 1000),
    st.sampled_from([0.0, 0.4]),
    st.integers(0, 3),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60)), max_size=8),
)
def test_moving_weights_one_by_one_equals_adding_all_up(rule, seed, gaps, unscored, moves):
    bundle = random_bundle(5, 40, 3, seed=seed, gaps=gaps)
    if RULES[rule].needs == "predictions":
        left = dict(list(bundle.probabilities.items())[unscored:])
        bundle = replace(bundle, probabilities=left, fingerprint="")
    weights = dict.fromkeys(bundle.models, 1.0)
    found = standing(bundle, Ensemble(bundle.models, rule))
    same(bundle, Ensemble(bundle.models, rule), found)
    for place, twentieths in moves:
        changed = weights | {bundle.models[place]: twentieths * 0.05}
        if not any(changed.values()):
            continue
        weights = changed
        members = tuple(name for name, weight in weights.items() if weight)
        ensemble = Ensemble(members, rule, weights=tuple(weights[name] for name in members))
        found = standing(bundle, ensemble, found)
        same(bundle, ensemble, found)


def test_only_the_members_that_move_are_read(monkeypatch):
    bundle = random_bundle(6, 30, 3)
    read = []
    original = type(bundle).select

    def select(self, models):
        read.append(tuple(models))
        return original(self, models)

    monkeypatch.setattr(type(bundle), "select", select)
    found = standing(bundle, Ensemble(bundle.models, "mean"))
    read.clear()
    weights = (1.0, 1.0, 0.5, 1.0, 1.0, 1.0)
    found = standing(bundle, Ensemble(bundle.models, "mean", weights=weights), found)
    assert read == [("model-2",)]
    assert found.moves == 1


def test_rounding_errors_do_not_add_up_for_ever_and_other_teams_start_anew():
    bundle = random_bundle(5, 30, 3)
    found = standing(bundle, Ensemble(bundle.models[:4], "mean"))
    for step in range(MOST_MOVES + 5):
        weights = (0.05 * (step % 40 + 1), 1.0, 1.0, 1.0)
        found = standing(bundle, Ensemble(bundle.models[:4], "mean", weights=weights), found)
        assert found.moves <= MOST_MOVES
    assert found.moves < MOST_MOVES
    assert standing(bundle, Ensemble(bundle.models, "mean"), found).moves == 0
    assert standing(bundle, Ensemble(bundle.models[:4], "geometric"), found).rule == "geometric"


def test_nobody_answers_where_only_members_without_weight_did():
    bundle = bundle_of([[0, -1], [1, 1]], [0, 1])
    found = standing(bundle, Ensemble(bundle.models, weights=(0.3, 0.1)))
    found = standing(bundle, Ensemble(("a",), weights=(0.3,)), found)
    assert answer_of(bundle, found).predictions.tolist() == [0, -1]


def test_what_cannot_be_weighed_or_held_is_refused():
    bundle = random_bundle(3, 10, 3)
    assert can_stand(bundle, "mean")
    assert not can_stand(bundle, "caruana")
    nothing = Bundle(
        models=("a",), ids=("x",), classes=(), predictions=torch.full((1, 1), -1, dtype=torch.int32)
    )
    assert not can_stand(nothing, "plurality")
    with pytest.raises(BundleError, match="All weights are zero"):
        standing(bundle, Ensemble(bundle.models, "mean", weights=(0.0, 0.0, 0.0)))
