"""Groups of real predictions: fields that cross, several values a cell, people as models."""

import csv
import json
from dataclasses import replace
from itertools import combinations, product

import pytest
import torch
from made import real

from analysis.crossings import crossings
from analysis.dependence import dependence
from analysis.group_disagreement import disagreement_by_group, standing_apart, vote_scores
from analysis.group_ranks import group_ranks
from analysis.loading import load_bundle
from analysis.made_groups import TIMES, cross, with_groupings

FIELDS = ("question_type", "task", "category", "context", "grade", "source", "language", "skills")


@pytest.fixture(scope="module")
def mathvista():
    return load_bundle(real("mathvista"), multi={"skills": ";"})


@pytest.fixture(scope="module")
def annotators():
    bundle = load_bundle(real("cifar10n_annotators"))
    return bundle.select([name for name in bundle.models if name.startswith("annotator")])


def rows_of_files():
    """Samples by id, and who is right, read without the loader."""
    folder = real("mathvista")
    with (folder / "samples.csv").open(newline="", encoding="utf-8") as stream:
        samples = {row["sample_id"]: row for row in csv.DictReader(stream)}
    right = {}
    with (folder / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            right[row["model"], row["sample_id"]] = row["correct"] == "1"
    return samples, right


def values(row, field):
    return set(row[field].split(";")) if field == "skills" else {row[field]}


def test_all_eight_fields_of_visual_mathematics_can_be_crossed(mathvista):
    assert set(FIELDS) <= set(mathvista.groups)
    groupings = {field: mathvista.groups[field] for field in FIELDS}
    everything = torch.ones_like(mathvista.correct)
    found = crossings(groupings, mathvista.correct, everything, most_columns=2)
    samples, right = rows_of_files()
    expected = {}
    row = mathvista.models.index("gpt4")
    for sample, own in samples.items():
        for pair in combinations(FIELDS, 2):
            for levels in product(*(values(own, field) for field in pair)):
                n, hits = expected.get((pair, levels), (0, 0))
                good = right.get(("gpt4", sample), False)
                expected[pair, levels] = (n + 1, hits + good)
    assert len(expected) > 500
    for pair in combinations(FIELDS, 2):
        for place in range(len(found.right))[found.rows(*pair)]:
            levels = tuple(groupings[field].levels[at] for field, at in found.cell(place))
            told = int(found.n[place, row]), int(found.right[place, row])
            assert told == expected.get((pair, levels), (0, 0))


def test_sizes_of_fields_and_skills_are_those_of_the_reference(mathvista):
    answer = json.loads((real("mathvista") / "expected.json").read_text("utf-8"))
    sizes = {**answer["group_sizes"], "skills": answer["skill_sizes"]}
    for field, levels in sizes.items():
        grouping = mathvista.groups[field]
        assert dict(zip(grouping.levels, grouping.sizes().tolist(), strict=True)) == levels


def test_skills_crossed_with_grades_overlap_and_lose_no_sample(mathvista):
    skills, grade = mathvista.groups["skills"], mathvista.groups["grade"]
    both = cross([skills, grade])
    assert both.overlapping
    assert int(both.sizes().sum()) == int(skills.sizes().sum())
    samples, _ = rows_of_files()
    for name, size in zip(both.levels, both.sizes().tolist(), strict=True):
        skill, level = name.split(TIMES)
        rows = samples.values()
        own = [row for row in rows if skill in values(row, "skills") and row["grade"] == level]
        assert size == len(own)
    bundle = with_groupings(mathvista, {"both": both})
    judged = torch.ones_like(bundle.correct)
    ranks = group_ranks(bundle.correct, judged, bundle.groups["both"])
    assert (ranks.n >= 20).all()
    assert ranks.kendall.nan_to_num().abs().max() <= 1


def test_answers_to_visual_mathematics_depend_on_the_task(mathvista):
    right = mathvista.correct[mathvista.models.index("gpt4")].int()
    found = dependence(right, mathvista.groups["task"])
    assert found.p == pytest.approx(0.001)
    assert 0 < found.correlation < 1


def test_people_disagree_alike_with_and_without_labels(annotators):
    grouping = annotators.groups["kind"]
    unlabelled = replace(annotators, labels=None, grades=None, fingerprint="")
    found = disagreement_by_group(unlabelled.predictions, unlabelled.groups["kind"])
    answer = json.loads((real("cifar10n_annotators") / "expected.json").read_text("utf-8"))
    pairs = [
        answer["pairs"][" | ".join(pair)]["disagreement"]
        for pair in combinations(annotators.models, 2)
    ]
    weight = grouping.sizes().double() / len(annotators.ids)
    mean = float((found["disagreement"].mean * weight).sum())
    assert mean == pytest.approx(sum(pairs) / 3, abs=1e-6)
    assert found["disagreement"].p_holm.max() < 1e-6
    differ = int((vote_scores(annotators.predictions)["disagreement"] == 1).sum())
    assert differ == answer["vote"]["all_three_differ"]
    apart, n = standing_apart(annotators.predictions, grouping)
    assert n.sum(1).tolist() == [100_000] * 3
    assert ((apart > 0.1) & (apart < 0.4)).all()
