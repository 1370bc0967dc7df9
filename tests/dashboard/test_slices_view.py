"""The page of slices: what it finds, what it says where there is nothing, and what a pick does."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from kinds import BUNDLES, no_labels, opened
from made import random_bundle
from pages import visit, words
from picking import pick, points

from analysis.bundle import Grouping
from dashboard import slice_tables
from dashboard.plots import slices as plots


def failing(samples: int = 800):
    """Models that are wrong on every odd sample."""
    bundle = random_bundle(3, samples, 4, accuracy=2.0)
    place = torch.arange(samples)
    odd = place % 2 == 1
    wrong = torch.where(odd & (place % 3 > 0), (bundle.labels + 1) % 4, bundle.labels).int()
    return replace(
        bundle,
        predictions=wrong.expand(3, -1).contiguous(),
        grades=None,
        probabilities={},
        embeddings=None,
        groups={"parity": Grouping(odd.int(), ("even", "<b>odd</b>")), **bundle.groups},
        attributes={"row": np.arange(samples)},
        fingerprint="",
    )


def searched(app):
    """The page once its search is done."""
    visit(app, "slices")
    end = time.monotonic() + 60
    while "Looked at:" not in words(app) and time.monotonic() < end:
        time.sleep(0.3)
        app.run()
    assert not app.exception
    return app


def test_a_failing_slice_is_named_and_a_pick_selects_its_samples(tmp_path, monkeypatch):
    from dashboard import jobs
    from dashboard.panels.slices import _pick

    app = searched(opened(failing(), tmp_path / "bundle", monkeypatch))
    text = words(app)
    assert "slices pass" in text or "slice passes" in text
    assert "parity = \\<b\\>odd" in text
    assert "Not searched: row (nearly every sample has its own value)" in text
    assert len(app.get("plotly_chart")) == 2
    results = {key: jobs.find(key).result for key in list(jobs._jobs())}
    found_here = {key: one for key, one in results.items() if isinstance(one, dict)}
    key = next(key for key, one in found_here.items() if "parity" in str(one.get("conditions")))
    found = results[key]
    assert found["again"][0] == 1
    pick(app, _pick, points(0), "slice-gaps", key, found)
    chosen = app.session_state["selection"]
    assert chosen.positions.tolist() == list(range(1, 800, 2))
    assert chosen.source == "slice-gaps"
    frame = slice_tables.slices(found, own=True)
    assert frame["no."].tolist() == list(range(1, len(frame) + 1))
    assert "<b>odd</b>" in frame["slice"][0]
    figure = plots.slice_sizes(found["conditions"], found, good=-1)
    assert figure.data[0].customdata[0] == 0
    assert figure.data[0].name == "worse inside"
    assert "<b>odd</b>" not in "".join(figure.data[0].hovertext)


@pytest.mark.parametrize("kind", ["no labels", "one model", "gaps", "overlapping groups"])
def test_a_page_without_slices_says_what_was_looked_at(kind, tmp_path, monkeypatch):
    app = searched(opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch))
    assert "Looked at: 1 column in up to 3 conditions" in words(app)
    if kind == "no labels":
        assert list(app.selectbox(key="widget/slices-score").options) == [
            "Disagreement",
            "Entropy of the votes",
        ]


def test_without_columns_and_embeddings_it_says_what_to_add(tmp_path, monkeypatch):
    bare = replace(random_bundle(), groups={}, embeddings=None, fingerprint="")
    text = words(visit(opened(bare, tmp_path / "bundle", monkeypatch), "slices"))
    assert "label" in bare.groups or "nothing to make slices of" in text or "Looked at" in text
    alone = no_labels(replace(random_bundle(models=1), fingerprint=""))
    text = words(visit(opened(alone, tmp_path / "alone", monkeypatch), "slices"))
    assert "two members have to answer" in text


def test_nothing_chosen_is_a_sentence(tmp_path, monkeypatch):
    app = visit(opened(failing(), tmp_path / "bundle", monkeypatch), "slices")
    key = next(box.key for box in app.multiselect if "slices-columns" in box.key)
    app.multiselect(key=key).set_value([]).run()
    assert "at least one column" in words(app)
