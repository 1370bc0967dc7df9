"""Strange bundles in every view."""

import pytest
from stress.views import VIEWS, looked_at


@pytest.mark.parametrize("seed", range(5))
def test_every_view_shows_strange_bundles(seed):
    told = looked_at(seed)
    assert not told.failures, "\n".join(map(str, told.failures))
    assert set(told.asked) == set(VIEWS)
