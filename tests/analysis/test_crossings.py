"""All crossings of groupings at once, and sums by group, against counting one by one."""

from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import overlapping, random_bundle

from analysis import crossings as module
from analysis.bundle import BundleError, Grouping
from analysis.crossings import crossings
from analysis.low_cells import low_cells
from analysis.sums import by_group
from analysis.sums.by_group import group_product
from analysis.tally import tally


def random_groupings(sizes, samples, *, several=False, seed=0):
    generator = torch.Generator().manual_seed(seed)
    found = {}
    for place, size in enumerate(sizes):
        codes = torch.randint(size, (samples,), generator=generator, dtype=torch.int32)
        if several and place == 1:
            more = torch.where(torch.arange(samples) % 3 == 0, (codes + 1) % size, -1)
            codes = torch.stack([codes, more.int()], 1) if size > 1 else codes
        found[f"c{place}"] = Grouping(codes, tuple(map(str, range(size))))
    right = torch.rand(3, samples, generator=generator) < 0.6
    graded = torch.rand(3, samples, generator=generator) < 0.9
    return found, right & graded, graded


def check(groupings, right, graded, found):
    """Every cell of every crossing, counted one by one."""
    for columns in found.columns:
        rows = range(len(found.right))[found.rows(*columns)]
        levels = product(*(range(len(groupings[name].levels)) for name in columns))
        for row, own in zip(rows, levels, strict=True):
            assert found.cell(row) == tuple(zip(columns, own, strict=True))
            inside = [groupings[n].within([at]) for n, at in zip(columns, own, strict=True)]
            inside = torch.stack(inside).all(0)
            assert found.right[row].tolist() == right[:, inside].sum(1).tolist()
            assert found.n[row].tolist() == graded[:, inside].sum(1).tolist()


@settings(max_examples=15)
@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    samples=st.integers(1, 40),
    several=st.booleans(),
    most=st.integers(1, 3),
    many=st.sampled_from([1, 3, 512]),
)
def test_all_crossings_are_those_counted_one_by_one(sizes, samples, several, most, many):
    groupings, right, graded = random_groupings(sizes, samples, several=several)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MANY_CELLS", many)
        patch.setattr(module, "BLOCK", 4096)
        found = crossings(groupings, right, graded, most_columns=most)
    assert len(found.columns[-1]) == min(most, len(sizes))
    check(groupings, right, graded, found)


def test_crossings_are_the_same_on_every_device(device):
    groupings, right, graded = random_groupings([3, 4, 2, 5], 5000, several=True)
    moved = {n: Grouping(g.codes.to(device), g.levels) for n, g in groupings.items()}
    found = crossings(moved, right.to(device), graded.to(device))
    expected = crossings(groupings, right, graded)
    assert torch.equal(found.right.cpu(), expected.right)
    assert torch.equal(found.n.cpu(), expected.n)


def test_without_gaps_all_models_have_the_same_n_and_empty_cells_no_accuracy():
    groupings = {"a": Grouping(torch.tensor([0, 0, 2]), ("x", "y", "z"))}
    right = torch.tensor([[True, False, True], [True, True, True]])
    found = crossings(groupings, right, torch.ones_like(right))
    assert found.n.tolist() == [[2, 2], [0, 0], [1, 1]]
    assert found.accuracy[0].tolist() == [0.5, 1.0]
    assert found.accuracy[1].isnan().all()


def test_too_many_cells_and_unknown_crossings_are_refused_in_a_sentence():
    ids = Grouping(torch.arange(2000, dtype=torch.int32), tuple(map(str, range(2000))))
    right = torch.ones(1, 2000, dtype=torch.bool)
    with pytest.raises(BundleError, match="cross fewer columns"):
        crossings({"a": ids, "b": ids, "c": ids}, right, right)
    with pytest.raises(BundleError, match="not 4"):
        crossings({"a": ids}, right, right, most_columns=4)
    with pytest.raises(BundleError, match="a and b was not crossed"):
        crossings({"a": ids}, right, right).rows("a", "b")


@pytest.mark.parametrize("weights", [None, torch.rand(60, dtype=torch.float64)])
@pytest.mark.parametrize("bundle", [overlapping(), random_bundle(samples=60, gaps=0.2)])
def test_of_many_groups_each_sample_adds_to_its_own(bundle, weights, monkeypatch):
    (column, grouping), *_ = bundle.groups.items()
    flags, number = bundle.correct, len(grouping.levels)
    few = group_product(flags, grouping.codes, grouping.membership(), number, weights)
    many = group_product(flags, grouping.codes, None, number, weights)
    assert torch.allclose(few.double(), many.double(), rtol=0, atol=1e-12)
    needs = ("group_right", "group_graded")
    before = tally(bundle, needs, groups=(column,))
    monkeypatch.setattr("analysis.sums.counts.MANY_GROUPS", 0)
    monkeypatch.setattr(by_group, "BLOCK", 1)
    after = tally(bundle, needs, groups=(column,))
    for name in needs:
        assert torch.equal(before[f"{name}/{column}"], after[f"{name}/{column}"])


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize(("samples", "levels"), [(2049, ()), (1500, (3,)), (0, ()), (1, ())])
def test_many_rows_are_counted_by_group_alike_by_products_and_by_adding(
    samples, levels, quick, monkeypatch
):
    generator = torch.Generator().manual_seed(samples)
    flags = torch.rand(by_group.ROWS_FROM, samples, generator=generator) < 0.7
    codes = torch.randint(-1, 30, (samples, *levels), generator=generator, dtype=torch.int32)
    if levels:
        codes += torch.where(codes < 0, 0, torch.arange(0, 90, 30))  # no level twice
    monkeypatch.setattr(by_group, "quick_at_int8", lambda device: quick)
    monkeypatch.setattr(by_group, "BLOCK", 1)
    given = codes.clone()
    for rows in (flags, flags.T.contiguous().T):
        found = by_group.sums_by_code(rows, codes, 90)
        assert found.dtype == torch.int64
        member = (codes.view(samples, 3 if levels else 1, 1) == torch.arange(90)).any(1)
        assert torch.equal(found, flags.long() @ member.long())
    assert torch.equal(codes, given)


def test_low_cells_are_the_lowest_upper_ends_of_large_cells_below_the_rest():
    groupings, right, graded = random_groupings([3, 4, 2], 600, seed=4)
    right = right & ~(groupings["c0"].within([1]) & groupings["c1"].within([2]))
    found = crossings(groupings, right, graded)
    low = low_cells(found, 1, int(right[1].sum()), int(graded[1].sum()), least=15, most=8)
    first = dict(found.cell(int(low.rows[0])))
    assert {"c0": 1, "c1": 2}.items() <= first.items()
    assert low.accuracy[0] == 0
    assert low.p_holm[0] < 1e-3
    assert (low.n >= 15).all()
    assert (low.high.diff() >= 0).all()
    assert (low.gap < 0).all()
    for row, gap in zip(low.rows.tolist(), low.gap.tolist(), strict=True):
        inside = torch.stack([groupings[n].within([at]) for n, at in found.cell(row)]).all(0)
        rates = [right[1, own & graded[1]].double().mean() for own in (inside, ~inside)]
        assert gap == pytest.approx(float(rates[0] - rates[1]))
    assert low.tested == int((found.n[:, 1] >= 15).sum())
    nothing = low_cells(found, 1, int(right[1].sum()), int(graded[1].sum()), least=10_000)
    assert len(nothing.rows) == 0
