"""Many teams at once are what each is by itself."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import bundle_of, random_bundle

from analysis import subsets, team_kernels
from analysis.bundle import Bundle, BundleError, Grouping
from analysis.catalog import CATALOG, value
from analysis.ensemble import Ensemble, combine
from analysis.grading import judgeable
from analysis.outcomes import OUTCOMES, outcomes
from analysis.rules import RULES
from analysis.subsets import TeamOutcomes, team_outcomes
from analysis.tally import tally

POOLING = tuple(name for name, row in RULES.items() if row.weighable)
KERNELS = ("plurality", *(name for name in POOLING if RULES[name].total is not None))


def one_by_one(bundle, member, rule, missing, grouping):
    """What `combine` and `outcomes` say of each team."""
    found = {name: [] for name in ("n", "right", "outcomes", "log_loss", "group_n", "group_right")}
    for team in member:
        names = [model for model, inside in zip(bundle.models, team, strict=True) if inside]
        combined = combine(bundle, Ensemble(tuple(names), rule))
        one = outcomes(
            bundle.select(names), combined, missing=missing, labelled=judgeable(bundle)
        )
        measure = CATALOG["log_loss"]
        found["n"].append(one.judged.sum())
        found["right"].append(one.right.sum())
        found["outcomes"].append(torch.tensor([one.counts()[name] for name in OUTCOMES]))
        found["log_loss"].append(value(measure, tally(combined, measure.needs))[0])
        inside = grouping.membership()
        found["group_n"].append((one.judged[:, None] & inside).sum(0))
        found["group_right"].append((one.right[:, None] & inside).sum(0))
    return {name: torch.stack(values) for name, values in found.items()}


def agree(found, expected):
    for name, values in expected.items():
        if name == "log_loss":
            assert torch.allclose(found.log_loss, values, atol=1e-9, equal_nan=True)
        else:
            assert torch.equal(getattr(found, name), values), name


@st.composite
def pools(draw):
    """Gaps, missing labels, coarse probabilities that tie, predictions that are not theirs."""
    seed = draw(st.integers(0, 10_000))
    classes, samples = draw(st.integers(2, 7)), draw(st.integers(1, 150))
    bundle = random_bundle(
        draw(st.integers(1, 9)),
        samples,
        classes,
        seed=seed,
        gaps=draw(st.sampled_from([0.0, 0.0, 0.3, 0.9])),
        accuracy=draw(st.sampled_from([0.1, 0.6])),
    )
    generator = torch.Generator().manual_seed(seed)
    if draw(st.booleans()):
        coarse = {
            name: (table * 4).round().add_(1) for name, table in bundle.probabilities.items()
        }
        coarse = {name: table / table.sum(1, keepdim=True) for name, table in coarse.items()}
        bundle = replace(bundle, probabilities=coarse, fingerprint="")
    if draw(st.booleans()):
        hidden = torch.rand(samples, generator=generator) < 0.3
        labels = torch.where(hidden, -1, bundle.labels)
        bundle = replace(bundle, labels=labels, grades=None, fingerprint="")
    codes = torch.randint(-1, 4, (samples, 2), generator=generator, dtype=torch.int32)
    codes[:, 0] = codes[:, 0].clamp_min(0)
    codes[:, 1] = torch.where(codes[:, 1] == codes[:, 0], -1, codes[:, 1])
    member = torch.rand(draw(st.integers(1, 40)), len(bundle.models), generator=generator)
    member = member < draw(st.sampled_from([0.2, 0.6, 1.0]))
    member[:, 0] |= ~member.any(1)
    return bundle, member, Grouping(codes, tuple("abcd"))


@pytest.fixture
def always_compiled(monkeypatch):
    monkeypatch.setattr(team_kernels.compiled, "chosen", lambda *_, **__: True)
    monkeypatch.setattr(team_kernels, "LARGEST_SHARE", 1e9)


def without_probabilities(bundle):
    return replace(bundle, probabilities={}, fingerprint="")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pool=pools(), rule=st.sampled_from(POOLING), missing=st.sampled_from(["exclude", "wrong"]))
def test_teams_are_counted_as_one_by_one(pool, rule, missing):
    bundle, member, grouping = pool
    found = team_outcomes(bundle, member, rule, missing=missing, grouping=grouping)
    agree(found, one_by_one(bundle, member, rule, missing, grouping))


def test_compiled_kernels_count_the_same(always_compiled):
    @settings(max_examples=80, deadline=None, derandomize=True)
    @given(
        pool=pools(), rule=st.sampled_from(KERNELS), missing=st.sampled_from(["exclude", "wrong"])
    )
    def check(pool, rule, missing):
        bundle, member, grouping = pool
        kernel = team_kernels.chosen(bundle, member, RULES[rule], grouping)
        assert kernel is not None or int(member.sum(1).max()) > 8
        found = team_outcomes(bundle, member, rule, missing=missing, grouping=grouping)
        agree(found, one_by_one(bundle, member, rule, missing, grouping))

    check()


@pytest.mark.parametrize("most", [3, 9])
def test_compiled_votes_count_the_same(always_compiled, most):
    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(pool=pools(), missing=st.sampled_from(["exclude", "wrong"]))
    def check(pool, missing):
        bundle, member, grouping = without_probabilities(pool[0]), pool[1], pool[2]
        member = member & (member.cumsum(1) <= most)
        found = team_outcomes(bundle, member, "plurality", missing=missing, grouping=grouping)
        agree(found, one_by_one(bundle, member, "plurality", missing, grouping))

    check()
