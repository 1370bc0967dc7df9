"""The slice search against known answers and against trying everything."""

from itertools import combinations, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import slice_search
from analysis.bundle import BundleError
from analysis.grouping import Grouping
from analysis.slices import (
    distinct,
    embedding_clusters,
    find_slices,
    over_represented,
    quantile_groups,
)

COVERED = ("slice.sliceline",)


def grouping(values) -> Grouping:
    levels = sorted(set(values))
    codes = [levels.index(value) for value in values]
    return Grouping(torch.tensor(codes, dtype=torch.int32), tuple(levels))


@pytest.mark.parametrize("name", ["alpha_0_95", "alpha_0_6"])
def test_known_answer(cases, name):
    case = cases[COVERED[0]]
    fixture, params = cases["fixtures"]["SLICE24"], case["params"]
    columns = {column: grouping(fixture[column]) for column in ("f1", "f2")}
    found = find_slices(
        columns,
        torch.tensor(fixture["err"]),
        alpha=float(name.removeprefix("alpha_").replace("_", ".")),
        max_level=params["max_level"],
        min_size=params["min_support"],
        top=params["k"],
    )
    rows = []
    for one in found:
        conditions = {column: columns[column].levels[level] for column, level in one.conditions}
        rows.append([[conditions.get("f1"), conditions.get("f2")], one.size, one.total])
    assert rows == [row[:3] for row in case["expected"][name]]
    expected = [row[3] for row in case["expected"][name]]
    assert [one.score for one in found] == pytest.approx(expected, rel=0, abs=case["tol"])


def tried(columns, scores, max_level, alpha, least):
    """Scores of all slices that are large enough and score above 0, one after the other."""
    known = ~np.isnan(scores)
    scores, found = scores[known], []
    members = {c: g.membership().numpy()[known] for c, g in columns.items()}
    mean, scale = scores.mean(), np.maximum(scores, 0).mean()
    for length in range(1, max_level + 1):
        for chosen in combinations(columns, length):
            for levels in product(*(range(len(columns[c].levels)) for c in chosen)):
                pairs = tuple(zip(chosen, levels, strict=True))
                inside = np.all([members[c][:, level] for c, level in pairs], axis=0)
                size = int(inside.sum())
                if size < least or not (scores[inside] > 0).any():
                    continue
                high = (scores[inside].mean() - mean) / scale
                score = alpha * high - (1 - alpha) * (len(scores) / size - 1)
                if score > 1e-9:
                    found.append((score, pairs, size, scores[inside].sum()))
    return sorted(found, key=lambda row: -row[0])


KINDS = {
    "errors": lambda random, n: random.integers(0, 2, n).astype(float),
    "signed": lambda random, n: random.integers(-1, 2, n).astype(float),
    "losses": lambda random, n: random.exponential(size=n),
    "gaps": lambda random, n: np.where(random.random(n) < 0.3, np.nan, random.random(n)),
}


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    kind=st.sampled_from(list(KINDS)),
    alpha=st.sampled_from([0.6, 0.9, 0.99, 1.0]),
    least=st.sampled_from([1, 4, 15]),
    overlapping=st.booleans(),
    top=st.sampled_from([1, 5, 200]),
)
def test_the_answer_is_that_of_trying_all(seed, kind, alpha, least, overlapping, top):
    random = np.random.default_rng(seed)
    columns = {
        name: Grouping(
            torch.from_numpy(random.integers(0, levels, 90).astype(np.int32)),
            tuple(map(str, range(levels))),
        )
        for name, levels in (("a", 2), ("b", 3), ("c", 4), ("d", 2))
    }
    if overlapping:
        codes = np.stack([np.zeros(90), np.where(random.random(90) < 0.5, 1, -1)], axis=1)
        columns["tags"] = Grouping(torch.from_numpy(codes.astype(np.int32)), ("p", "q"))
    scores = KINDS[kind](random, 90)
    options = {"max_level": 3, "alpha": alpha}
    found = find_slices(columns, torch.from_numpy(scores), min_size=least, top=top, **options)
    expected = tried(columns, scores, least=least, **options)
    assert [one.score for one in found] == pytest.approx([row[0] for row in expected[:top]])
    by_conditions = {row[1]: row for row in expected}
    for one in found:
        score, _, size, total = by_conditions[one.conditions]
        assert (one.size, one.total) == (size, pytest.approx(total))
        assert one.score == pytest.approx(score)
        inside = one.inside(columns).numpy()
        assert (inside & ~np.isnan(scores)).sum() == size


def test_blocks_do_not_change_the_answer(monkeypatch):
    random = np.random.default_rng(3)
    columns = {
        str(name): Grouping(
            torch.from_numpy(random.integers(0, 4, 400).astype(np.int32)), tuple("abcd")
        )
        for name in range(5)
    }
    errors = torch.from_numpy((random.random(400) < 0.3).astype(float))
    options = {"alpha": 0.99, "min_size": 5, "top": 30}
    expected = find_slices(columns, errors, **options)
    assert {len(one.conditions) for one in expected} == {2, 3}
    for name, value in (("BLOCK", 7), ("PRODUCT", 500), ("EXACT", 0)):
        monkeypatch.setattr(slice_search, name, value)
        found = find_slices(columns, errors, **options)
        assert [one.conditions for one in found] == [one.conditions for one in expected]
        assert [one.score for one in found] == pytest.approx([one.score for one in expected])


def test_where_nothing_can_be_found_nothing_is():
    columns = {"a": grouping("xxyy" * 10)}
    for scores in (torch.zeros(40), torch.ones(40), torch.full((40,), torch.nan), -torch.ones(40)):
        assert find_slices(columns, scores, min_size=2) == []
    assert find_slices({}, torch.ones(40)) == []
    assert find_slices(columns, torch.rand(40), min_size=30) == []


@pytest.mark.parametrize("alpha", [0, -1, 1.5, float("nan")])
def test_an_impossible_weight_is_a_sentence(alpha):
    with pytest.raises(BundleError, match="above 0 and at most 1"):
        find_slices({"a": grouping("xy")}, torch.ones(2), alpha=alpha)


def test_an_endless_score_is_a_sentence():
    with pytest.raises(BundleError, match="endless"):
        find_slices({"a": grouping("xy")}, torch.tensor([1.0, torch.inf]))


def test_sets_that_are_mostly_a_better_one_are_left_out():
    inside = torch.zeros(4, 20, dtype=torch.bool)
    inside[0, :10] = inside[1, :9] = inside[2, 5:15] = inside[3, 5:14] = True
    assert distinct(inside).tolist() == [0, 2]
    assert distinct(inside, shared=1.1).tolist() == [0, 1, 2, 3]
    assert distinct(inside[:0]).tolist() == []


def test_numbers_are_cut_where_as_many_samples_lie_on_either_side():
    cut = quantile_groups(np.arange(100))
    assert cut.sizes().tolist() == [25, 25, 25, 25]
    assert cut.levels == ("at most 24.75", "24.75 to 49.5", "49.5 to 74.25", "above 74.25")
    mostly = quantile_groups(np.array([0.0] * 80 + [1, 2, 3, np.nan]))
    assert mostly.levels == ("at most 0", "above 0", "unknown")
    assert mostly.sizes().tolist() == [80, 3, 1]
    assert quantile_groups(np.array([3.0, 3.0])) is None
    assert quantile_groups(np.array([np.nan])) is None


def test_clusters_are_found_again_and_described():
    generator = torch.Generator().manual_seed(0)
    truth = torch.randint(3, (600,), generator=generator)
    centres = 10 * torch.eye(3, 8)
    embeddings = centres[truth] + torch.randn(600, 8, generator=generator)
    embeddings[0] = torch.nan
    found = embedding_clusters(embeddings, clusters=3, seed=1)
    assert found.levels == ("1", "2", "3", "unknown")
    assert found.sizes().diff().le(0).all()
    table = torch.zeros(4, 3).index_put(
        (found.codes.long(), truth), torch.tensor(1.0), accumulate=True
    )
    assert (table[:3] > 0).sum() == 3
    columns = {"kind": Grouping(truth.int(), ("p", "q", "r"))}
    for row, told in enumerate(over_represented(found.membership().T[:3], columns)):
        ((column, level, lift, n),) = told
        assert (column, level, n) == ("kind", int(table[row].argmax()), int(table[row].max()))
        assert lift == pytest.approx(600 / float((truth == level).sum()))
    again = embedding_clusters(embeddings, clusters=3, seed=1)
    assert torch.equal(again.codes, found.codes)


def test_few_samples_make_few_clusters():
    assert len(embedding_clusters(torch.zeros(1, 2)).levels) == 1
    assert len(embedding_clusters(torch.ones(9, 2)).levels) == 1
    assert embedding_clusters(torch.full((2, 2), torch.nan)).levels == ("unknown",)
    assert len(embedding_clusters(torch.rand(5000, 3)).levels) == 30


def test_what_is_as_frequent_everywhere_describes_nothing():
    columns = {"a": grouping("xy" * 20), "none": Grouping(torch.zeros(40).int(), ("only",))}
    inside = torch.arange(40)[None] < 20
    assert over_represented(inside, columns) == [[]]
    assert over_represented(inside[:0], columns) == []
