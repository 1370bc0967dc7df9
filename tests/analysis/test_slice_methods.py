"""Slices by every method and of every score: planted ones come back, bad columns are left out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from made import CANNOT, bundle_of, random_bundle

from analysis.answer_clusters import answer_clusters
from analysis.bundle import Bundle, BundleError, Grouping
from analysis.contrasts import contrast
from analysis.ensemble import Ensemble
from analysis.slice_columns import left_out, slice_columns
from analysis.slice_finding import METHODS, Search
from analysis.slice_regions import tree_regions
from analysis.slice_reports import report_slices
from analysis.slice_scores import SLICE_SCORES, slice_score_values, slice_scores
from analysis.slices import find_slices, over_represented

SAMPLES, BASE, WORSE = 6000, 0.2, 0.3
OF_COLUMNS = ("conditions", "regions")


@pytest.fixture(autouse=True)
def _one_thread():
    """Many small products: threads that wait for each other take most of the time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def planted(seed: int, worse: float, method: str) -> tuple[Bundle, torch.Tensor]:
    """Three models that err more often in 3 % of the samples, and the chance of an error."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(6, (4, SAMPLES), generator=generator, dtype=torch.int32)
    embeddings = torch.randn(SAMPLES, 8, generator=generator)
    where = (codes[1] == 2) & (codes[3] == 5)
    if method not in OF_COLUMNS:
        where = torch.rand(SAMPLES, generator=generator) < 0.03
        embeddings[where] *= 0.4
        embeddings[where, 0] += 4
    chance = torch.where(where, BASE + worse, BASE)
    labels = torch.randint(4, (SAMPLES,), generator=generator, dtype=torch.int32)
    other = torch.randint(1, 4, (3, SAMPLES), generator=generator, dtype=torch.int32)
    wrong = torch.rand(3, SAMPLES, generator=generator) < chance
    bundle = Bundle(
        ("one", "two", "three"),
        tuple(map(str, range(SAMPLES))),
        tuple("wxyz"),
        torch.where(wrong, (labels + other) % 4, labels),
        labels,
        embeddings=embeddings,
        groups={f"c{row}": Grouping(own, tuple("abcdef")) for row, own in enumerate(codes)},
        fingerprint=f"{seed} {worse} {method}",
    )
    return bundle, chance


def tally(seeds: int, method: str, worse: float, score: str = "model_error"):
    """How often the planted slice passes, its true gap is in the interval, and any slice passes."""
    found = within = passed = 0
    for seed in range(seeds):
        bundle, chance = planted(seed, worse, method)
        values = slice_score_values(bundle, Ensemble(bundle.models), score, model="one")
        search = Search(bundle.groups, (method,), answers=(bundle.labels, bundle.predictions[0]))
        report = report_slices(bundle, values, search, seed=seed)
        passed += bool(report.passed.any())
        where = chance > BASE
        alike = (report.inside & where).sum(1) / (report.inside | where).sum(1) >= 0.5
        for row in (alike & report.passed).nonzero().flatten()[:1].tolist():
            half, inside = report.split.held_out, report.inside[row]
            gap = chance[half & inside].mean() - chance[half & ~inside].mean()
            found += 1
            within += bool(report.held_out.low[row] <= gap <= report.held_out.high[row])
    return found, within, passed


@pytest.mark.parametrize(("method", "least"), [("conditions", 95), ("regions", 90)])
def test_a_planted_failing_slice_of_columns_is_found_in_95_of_100(method, least):
    # A tree looks at one column at a time and may pass over what only two together show.
    found, within, _ = tally(100, method, WORSE)
    assert found >= least
    assert within >= 0.95 * found - 4


@pytest.mark.parametrize("method", ["clusters", "answer clusters"])
def test_a_planted_failing_cluster_is_found(method):
    found, within, _ = tally(8, method, WORSE)
    assert found >= 7
    assert within >= found - 1


@pytest.mark.slow
@pytest.mark.parametrize("method", ["clusters", "answer clusters"])
def test_a_planted_failing_cluster_over_a_hundred_seeds(method):
    found, within, _ = tally(100, method, WORSE)
    assert found >= 93
    assert within >= 0.95 * found - 5
    assert tally(100, method, 0)[2] <= 5


@pytest.mark.parametrize(
    ("method", "score"),
    [("conditions", "model_error"), ("conditions", "disagreement"), ("regions", "model_error")],
)
def test_without_a_planted_slice_at_most_5_of_100_pass(method, score):
    assert tally(100, method, 0, score)[2] <= 5


def test_a_slice_that_is_there_is_found_again_and_noise_is_not():
    bundle, _ = planted(1, WORSE, "conditions")
    values = slice_score_values(bundle, Ensemble(bundle.models), "model_error", model="one")
    told = []
    report = report_slices(
        bundle,
        values,
        Search(bundle.groups),
        reseeds=8,
        report=lambda share, doing: told.append(share),
    )
    assert report.slices[0].conditions == (("c1", "c"), ("c3", "f"))
    assert report.again[0] == 1
    assert told == pytest.approx(np.arange(9) / 9)
    noise = report_slices(
        bundle, torch.rand(SAMPLES), Search(bundle.groups, min_size=40), reseeds=8
    )
    assert not len(noise.again) or noise.again.mean() < 0.6
    assert report_slices(bundle, values, Search(bundle.groups)).again.isnan().all()


def test_all_methods_are_corrected_for_together_and_name_themselves():
    bundle, _ = planted(2, WORSE, "conditions")
    values = slice_score_values(bundle, Ensemble(bundle.models), "model_error", model="one")
    search = Search(bundle.groups, tuple(METHODS), answers=(bundle.labels,), min_size=40)
    report = report_slices(bundle, values, search)
    assert {one.method for one in report.slices} <= set(METHODS)
    assert len(report.slices) <= search.most
    assert (report.p_bh >= report.held_out.p).all()


def test_a_work_that_is_cancelled_ends():
    class StopError(Exception):
        pass

    def stop(share, doing):
        raise StopError

    bundle, _ = planted(3, 0, "conditions")
    with pytest.raises(StopError):
        report_slices(bundle, torch.rand(SAMPLES), Search(bundle.groups), report=stop)


def test_a_slice_has_the_errors_of_the_sliceline_package():
    finder = pytest.importorskip("sliceline.slicefinder", reason=f"{CANNOT} sliceline")
    bundle, _ = planted(4, WORSE, "conditions")
    errors = slice_score_values(bundle, Ensemble(bundle.models), "model_error", model="one")
    codes = np.stack([grouping.codes.numpy() for grouping in bundle.groups.values()], axis=1)
    theirs = finder.Slicefinder(alpha=0.95, k=5, max_l=3, min_sup=60, verbose=False)
    theirs.fit(codes, errors.numpy())
    ours = find_slices(bundle.groups, errors, top=5, min_size=60)
    expected = [row["slice_score"] for row in theirs.top_slices_statistics_]
    assert [one.score for one in ours] == pytest.approx(expected[: len(ours)])


def test_inside_is_the_error_of_fairlearn_and_p_that_of_scipy():
    metrics = pytest.importorskip("fairlearn.metrics", reason=f"{CANNOT} fairlearn")
    from scipy.stats import fisher_exact

    bundle, _ = planted(5, WORSE, "conditions")
    errors = slice_score_values(bundle, Ensemble(bundle.models), "model_error", model="one")
    grouping = bundle.groups["c1"]
    inside = grouping.membership().T
    told = contrast(errors, inside)
    frame = metrics.MetricFrame(
        metrics=lambda true, said: float((true != said).mean()),
        y_true=bundle.labels.numpy(),
        y_pred=bundle.predictions[0].numpy(),
        sensitive_features=np.array(grouping.levels)[grouping.codes],
    )
    assert told.inside.tolist() == pytest.approx(frame.by_group.tolist())
    for row, own in enumerate(inside):
        table = [[int((errors[side] == v).sum()) for v in (1, 0)] for side in (own, ~own)]
        assert float(told.p[row]) == pytest.approx(fisher_exact(table).pvalue)


def test_every_score_is_what_its_name_says():
    bundle = bundle_of([[0, 0, 1, 2], [0, 1, 1, 2], [1, 1, 1, -1]], [0, 0, 0, 2])
    ensemble = Ensemble(bundle.models, "plurality")
    assert {score.name for score in slice_scores(bundle, ensemble)} == set(SLICE_SCORES)
    expected = {
        "ensemble_error": [0, 1, 1, 0],
        "model_error": [0, 0, 1, 0],
        "difficulty": [1 / 3, 2 / 3, 1, 0],
        "correction": [0, 0, 0, 0],
        "regression": [0, 1, 0, 0],
        "difference": [0, -1, 0, 0],
        "disagreement": [2 / 3, 2 / 3, 0, 0],
        "suspect": [0, 1, 1, 0],
    }
    for name, values in expected.items():
        found = slice_score_values(bundle, ensemble, name, model="a", reference="a")
        assert found.tolist() == pytest.approx(values), name
    entropy = slice_score_values(bundle, ensemble, "vote_entropy")
    of_three = -(np.log(1 / 3) / 3 + 2 * np.log(2 / 3) / 3)
    assert entropy.tolist() == pytest.approx([of_three / np.log(3)] * 2 + [0, 0])


def test_without_labels_only_disagreement_is_offered():
    bundle = replace(random_bundle(), labels=None, grades=None, fingerprint="")
    names = [score.name for score in slice_scores(bundle, Ensemble(bundle.models))]
    assert names == ["disagreement", "vote_entropy"]
    assert slice_scores(bundle, Ensemble(bundle.models[:1])) == ()
    values = slice_score_values(bundle, Ensemble(bundle.models), "disagreement")
    report = report_slices(bundle, values, Search(bundle.groups))
    assert (report.split.fit.sum(), report.split.held_out.sum()) == (30, 30)


def test_what_is_not_named_is_a_sentence():
    bundle = random_bundle()
    with pytest.raises(BundleError, match="no score 'x'"):
        slice_score_values(bundle, Ensemble(bundle.models), "x")
    with pytest.raises(BundleError, match="name the reference"):
        slice_score_values(bundle, Ensemble(bundle.models), "correction")


def bad_columns(samples: int = 6000) -> Bundle:
    """Ids, thousands of levels, one value, groups of one sample, missing values."""
    place = torch.arange(samples, dtype=torch.int32)
    half = (place % 2).int()
    few = torch.where(place < 4, place + 1, 0)
    groups = {
        "id": Grouping(place, tuple(map(str, range(samples)))),
        "levels": Grouping(place % 5000, tuple(map(str, range(5000)))),
        "constant": Grouping(torch.zeros_like(place), ("only",)),
        "lonely": Grouping(few.int(), ("many", "a", "b", "c", "d")),
        "half": Grouping(half, ("red", "(missing)")),
    }
    width = np.where(np.arange(samples) % 3 == 0, np.nan, np.arange(samples) % 7.0)
    attributes = {"width": width, "row": np.arange(samples)}
    labels = torch.zeros(samples, dtype=torch.int32)
    return Bundle(
        ("m",),
        tuple(map(str, range(samples))),
        ("x", "y"),
        half[None],
        labels,
        groups=groups,
        attributes=attributes,
        fingerprint="bad columns",
    )


@pytest.mark.parametrize("method", OF_COLUMNS)
def test_bad_columns_make_no_slices_and_a_missing_value_is_a_level(method):
    bundle = bad_columns()
    errors = slice_score_values(bundle, Ensemble(("m",)), "model_error", model="m")
    columns = slice_columns(bundle)
    report = report_slices(bundle, errors, Search(columns, (method,)))
    assert report.slices[0].conditions[0] in (("half", "(missing)"), ("half", "not red"))
    assert report.passed[0]
    named = {column for one in report.slices for column, _ in one.conditions}
    assert not named & {"id", "levels", "constant"}
    assert left_out(bundle, columns, 20) == {
        "id": "own value",
        "levels": "own value",
        "constant": "constant",
        "row": "own value",
    }


def test_unknown_numbers_are_a_level_and_are_named():
    values = np.where(np.arange(300) < 60, np.nan, np.arange(300.0))
    wrong = torch.from_numpy((np.arange(300) < 60).astype(float))
    (first, *_) = tree_regions({}, {"width": values}, wrong, least=10)
    assert first.conditions == (("width", "unknown"),)
    assert int(first.inside.sum()) == 60
    wrong = torch.from_numpy(((np.arange(300) >= 100) & (np.arange(300) < 160)).astype(float))
    best = tree_regions({}, {"width": values}, wrong, least=10, max_level=3)[0]
    assert best.conditions == (("width", "99.5 to 159.5"),)


def test_columns_whose_levels_are_all_rare_make_no_slice():
    columns = {"id": Grouping(torch.arange(100).int(), tuple(map(str, range(100))))}
    assert find_slices(columns, torch.rand(100), min_size=5) == []
    assert over_represented(torch.ones(1, 100, dtype=torch.bool), columns) == [[]]
    assert tree_regions(columns, {}, torch.rand(100), least=5) == []


def test_clusters_by_answers_put_samples_by_their_embeddings_alone():
    generator = torch.Generator().manual_seed(0)
    embeddings = torch.randn(400, 6, generator=generator)
    embeddings[:80, 0] += 6
    embeddings[0] = torch.nan
    said = (torch.arange(400) % 3).int()
    fit = torch.arange(400) % 2 == 0
    found = answer_clusters(embeddings, (said,), fit, clusters=4)
    changed = torch.where(fit, said, (said + 1) % 3)
    again = answer_clusters(embeddings, (changed,), fit, clusters=4)
    assert torch.equal(found.codes, again.codes)
    assert found.levels[-1] == "unknown"
    assert found.codes[0] == len(found.levels) - 1
    assert answer_clusters(embeddings[:1], (), fit[:1]).levels == ("unknown",)
    same = answer_clusters(torch.ones(50, 3), (said[:50],), torch.ones(50, dtype=torch.bool))
    assert len(same.levels) >= 1
