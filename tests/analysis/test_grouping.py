"""Groups that overlap: every figure is the one of the samples that have the level."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from made import bundle_of, overlapping

from analysis.bundle import Bundle, BundleError, Grouping
from analysis.groups import size_curve
from analysis.intervals import accuracy_interval, group_interval
from analysis.loading import read, save_bundle
from analysis.summary import summarise
from analysis.tally import tally

TAGS = Grouping(
    torch.tensor([[0, 2], [1, -1], [0, 1], [2, -1]], dtype=torch.int32), ("p", "q", "r")
)


def test_membership_lists_every_level_of_a_sample_and_sizes_count_them_all():
    assert TAGS.membership().tolist() == [
        [True, False, True],
        [False, True, False],
        [True, True, False],
        [False, False, True],
    ]
    assert TAGS.membership(torch.tensor([2])).tolist() == [[True, True, False]]
    assert TAGS.sizes().tolist() == [2, 2, 2]
    assert TAGS.sizes(torch.tensor([True, False, True, False])).tolist() == [2, 1, 1]
    assert TAGS.within([0]).tolist() == [True, False, True, False]
    assert TAGS.within([0, 1]).tolist() == [True, True, True, False]
    assert TAGS.within([]).tolist() == [False] * 4


def test_a_partition_answers_the_same_questions():
    partition = Grouping(torch.tensor([1, 0, 1], dtype=torch.int32), ("a", "b", "c"))
    assert partition.membership().long().tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]
    assert partition.sizes().tolist() == [1, 2, 0]
    assert partition.within([1, 2]).tolist() == [True, False, True]
    assert partition.combinations() is partition


def test_combinations_are_the_partition_by_all_levels():
    whole = Grouping(
        torch.tensor([[1, 0], [0, -1], [0, 1], [1, -1]], dtype=torch.int32), ("a", "b"), "|"
    ).combinations()
    assert [whole.levels[code] for code in whole.codes.tolist()] == ["a|b", "a", "a|b", "b"]


def test_combinations_of_many_levels_are_compared_row_by_row():
    """With 2,000 levels and 8 values a sample, one number does not hold a combination."""
    names = tuple(f"tag{place}" for place in range(2000))
    codes = torch.arange(24, dtype=torch.int32).view(3, 8)[[0, 1, 2, 1]]
    whole = Grouping(codes, names).combinations()
    assert len(whole.levels) == 3
    assert whole.codes[1] == whole.codes[3]
    assert whole.levels[int(whole.codes[2])] == ";".join(f"tag{place}" for place in range(16, 24))


@pytest.mark.parametrize(
    ("codes", "levels", "words"),
    [
        ([[0, -1], [-1, -1]], ("a", "b"), "gives sample '1' no level"),
        ([[0, 0], [1, -1]], ("a", "b"), "gives sample '0' a level twice"),
        ([[0, 2], [1, -1]], ("a", "b"), "holds a level outside -1 to 1"),
        ([[0, 1], [1, -1]], ("a;c", "b"), "has the separator ';' and the level 'a;c'"),
    ],
)
def test_codes_that_make_no_groups_are_refused(codes, levels, words):
    grouping = Grouping(torch.tensor(codes, dtype=torch.int32), levels)
    with pytest.raises(BundleError, match=words):
        bundle_of([[0, 1]], groups={"g": grouping})


@given(seed=some.integers(0, 10_000), gaps=some.sampled_from([0.0, 0.3]))
def test_every_group_figure_is_that_of_the_samples_that_have_the_level(seed, gaps):
    bundle = overlapping(samples=17, seed=seed, gaps=gaps, probabilities=False)
    found = summarise(bundle)
    grouping = bundle.groups["tags"]
    codes = grouping.codes.tolist()
    for place, level in enumerate(grouping.levels):
        rows = [row for row, own in enumerate(codes) if place in own]
        assert found["bundle"]["groups"]["tags"][level] == len(rows)
        if not rows:
            continue
        part = bundle.take(torch.tensor(rows))
        part = Bundle(**{**vars(part), "groups": {}, "fingerprint": ""})
        alone = summarise(part, reference=found["ensembles"][0]["reference"])
        ours = found["groups"]["tags"][level]
        assert ours["n"] == len(rows)
        for model in bundle.models:
            theirs = alone["models"][model]
            assert ours["accuracy"][model] == pytest.approx(theirs["accuracy"])
            assert ours["accuracy_interval"][model] == pytest.approx(theirs["accuracy_interval"])
        entry, whole = found["ensembles"][0]["groups"]["tags"][level], alone["ensembles"][0]
        assert entry["n"] == whole["n"]
        assert entry["accuracy"] == pytest.approx(whole["accuracy"])
        assert entry["corrections"] == whole["corrections"]
        assert entry["regressions"] == whole["regressions"]


def test_group_sums_add_up_over_chunks_and_follow_weights():
    bundle = overlapping(gaps=0.2)
    whole = tally(bundle, ("graded",), groups=("tags",))
    chunked = tally(bundle, ("graded",), groups=("tags",), chunk=7)
    weights = torch.arange(60) % 3
    for name in ("group_graded/tags", "group_right/tags"):
        assert torch.equal(whole[name], chunked[name])
    weighted = tally(bundle, ("graded",), groups=("tags",), weights=weights)
    member = bundle.groups["tags"].membership().double()
    direct = (bundle.correct.double() * weights) @ member
    assert torch.allclose(weighted["group_right/tags"], direct)


def test_the_curve_over_team_sizes_ends_at_the_whole_pool_in_every_group():
    bundle = overlapping(probabilities=False)
    found = size_curve(bundle, "plurality", "tags", teams=5)
    entry = summarise(bundle)["ensembles"][0]["groups"]["tags"]
    assert found["mean"][-1].tolist() == pytest.approx([e["accuracy"] for e in entry.values()])


def test_group_intervals_resample_units_inside_the_group():
    bundle = overlapping()
    units = torch.arange(60) // 2
    member = bundle.groups["tags"].membership()
    graded = bundle.grades >= 0
    low, high = group_interval(bundle.correct, graded, member, units)
    here = member[:, 2]
    ends = accuracy_interval(bundle.correct[:, here], graded[:, here], units[here])
    assert torch.equal(low[:, 2], ends[0])
    assert torch.equal(high[:, 2], ends[1])


def test_overlapping_groups_are_written_and_read_as_the_same_bundle(tmp_path):
    bundle = overlapping()
    texts = bundle.groups["tags"].combinations()
    known = np.array([texts.levels[code] for code in texts.codes.tolist()], dtype=object)
    bundle = Bundle(**{**vars(bundle), "attributes": {"tags": known}, "fingerprint": ""})
    save_bundle(bundle, tmp_path / "new")
    again = read([tmp_path / "new"])
    assert not again.problems
    assert torch.equal(again.bundle.groups["tags"].codes, bundle.groups["tags"].codes)
    assert again.bundle.fingerprint == bundle.fingerprint
    save_bundle(again.bundle, tmp_path / "twice")
    assert read([tmp_path / "twice"]).bundle.fingerprint == bundle.fingerprint


def test_padding_that_no_sample_needs_does_not_change_the_fingerprint():
    wide = Grouping(torch.tensor([[0, -1, -1], [0, 1, -1]], dtype=torch.int32), ("a", "b"))
    narrow = Grouping(wide.codes[:, :2], ("a", "b"))
    one, two = (bundle_of([[0, 1]], groups={"g": grouping}) for grouping in (wide, narrow))
    assert one.fingerprint == two.fingerprint
    other = Grouping(torch.tensor([[0, 1], [0, -1]], dtype=torch.int32), ("a", "b"))
    assert bundle_of([[0, 1]], groups={"g": other}).fingerprint != one.fingerprint


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_group_intervals_without_units_are_those_of_each_group_by_itself(gaps):
    bundle = overlapping(gaps=gaps)
    member, graded = bundle.groups["tags"].membership(), bundle.grades >= 0
    low, high = group_interval(bundle.correct, graded, member)
    for place, here in enumerate(member.T):
        ends = accuracy_interval(bundle.correct[:, here], graded[:, here])
        assert torch.equal(low[:, place], ends[0])
        assert torch.equal(high[:, place], ends[1])
