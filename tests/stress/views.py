"""Every view of the app on a strange bundle."""

import tempfile
import traceback
import warnings
from pathlib import Path

import pytest
from kinds import opened
from made import ROOT
from pages import visit
from stress.bundles import strange
from stress.running import MOST_TOLD, Told, anonymous

from analysis.ensemble import lacking
from analysis.rules import RULES

VIEWS = sorted(path.stem for path in (ROOT / "dashboard" / "views").glob("*.py"))


def looked_at(seed: int) -> Told:
    """All views on the bundle of a seed, under one of the rules that do not learn.

    On every third one samples are selected. A view may warn in a sentence, which counts as a
    refusal; an error on the page is a failure.
    """
    bundle, told = strange(seed), Told(bundles=1)
    plain = [name for name, rule in RULES.items() if rule.fit is None]
    rules = [name for name in plain if lacking(bundle, bundle.models, name) is None]
    chosen = list(range(0, len(bundle.ids), 2)) if seed % 3 == 0 else None
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("error")
        app = opened(bundle, Path(folder) / "bundle", patch, chosen)
        app.session_state["missing"] = ("exclude", "wrong")[seed % 2]
        app.session_state["rule"] = rules[seed % len(rules)]
        for view in VIEWS:
            told.asked[view] += 1
            try:
                visit(app, view)
                assert not app.error, app.error[0].value
            except Exception:
                told.failures.append((seed, view, traceback.format_exc()[-MOST_TOLD:]))
            told.refused.update(anonymous(str(part.value)) for part in app.warning)
    return told
