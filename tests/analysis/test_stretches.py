"""Long work can be watched and ended between its stretches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import random_bundle

from analysis.chunks import LONGEST
from analysis.ensemble import Ensemble, answer
from analysis.stretches import stretches, watched
from analysis.tally import tally


class Stopped(BaseException):
    """Somebody does not want to wait any longer."""


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 20))
def test_every_row_comes_once(number, step, first):
    rows = [row for here in stretches(number, step, first) for row in range(number)[here]]
    assert rows == list(range(first, number))


def test_nobody_watches_afterwards():
    looks = []
    with pytest.raises(Stopped), watched(lambda: looks.append(1)):
        raise Stopped
    assert len(list(stretches(3, 1))) == 3
    assert not looks


@pytest.mark.parametrize(
    "work",
    [
        lambda bundle: answer(bundle, Ensemble(bundle.models, "mean")),
        lambda bundle: tally(bundle, ["n_pair"]),
    ],
    ids=["an ensemble's answers", "sums over samples"],
)
def test_long_work_is_ended_from_outside(work):
    bundle, looks = random_bundle(samples=2 * LONGEST, models=2, classes=2), []

    def look():
        looks.append(1)
        if len(looks) == 2:
            raise Stopped

    with pytest.raises(Stopped), watched(look):
        work(bundle)
    assert len(looks) == 2
