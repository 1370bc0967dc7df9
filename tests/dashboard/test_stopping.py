"""While a page of many samples is made, one is told so, and how to stop."""

import pytest
from kinds import opened
from made import random_bundle
from pages import visit, words

from analysis.ensemble import Ensemble
from analysis.stretches import watched
from dashboard import compute, frame

HOW = "To stop, open another page or change anything."


class Stopped(BaseException):
    """As Streamlit ends a run."""


@pytest.fixture
def looks(monkeypatch):
    """How often work was looked at; every bundle has many samples, and nobody is patient."""
    monkeypatch.setattr(frame, "MANY_ANSWERS", 0)
    monkeypatch.setattr(frame, "PATIENCE", 0.0)
    monkeypatch.setattr(frame, "LOOK_EVERY", 0.0)
    seen, look = [], frame._look

    def watching(place):
        def looking():
            look(place)()
            seen.append(place)

        return looking

    monkeypatch.setattr(frame, "_look", watching)
    return seen


@pytest.mark.parametrize("page", ["corrections", "calibration", "groups"])
def test_a_page_is_watched_and_says_nothing_of_it_afterwards(page, looks, tmp_path, monkeypatch):
    app = visit(opened(random_bundle(seed=11), tmp_path / "one", monkeypatch), page)
    assert looks
    assert not app.exception
    assert HOW not in words(app)


def test_work_that_was_stopped_is_done_when_it_is_asked_for_again():
    bundle = random_bundle(seed=12)
    ensemble = Ensemble(bundle.models, "mean")

    def stop():
        raise Stopped

    with pytest.raises(Stopped), watched(stop):
        compute.combined(bundle, ensemble)
    assert compute.combined(bundle, ensemble).predictions.shape == (1, len(bundle.ids))
