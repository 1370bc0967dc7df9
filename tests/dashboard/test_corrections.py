"""Every section of the Corrections page with every kind of bundle, whole and narrowed."""

import pytest
from kinds import BUNDLES, opened
from pages import visit

from dashboard.corrections import SECTIONS

LABELLED = [kind for kind in BUNDLES if "no labels" not in kind and "without labels" not in kind]


@pytest.mark.parametrize("kind", LABELLED)
@pytest.mark.parametrize("narrowed", [False, True], ids=["whole", "narrowed"])
def test_every_section_shows_every_kind_of_bundle(kind, narrowed, tmp_path, monkeypatch):
    selected = [0] if kind == "one sample" else [1, 2, 5, 8]
    app = opened(BUNDLES[kind], tmp_path / "bundle", monkeypatch, selected if narrowed else None)
    visit(app, "corrections")
    for section in SECTIONS:
        app.segmented_control(key="widget/corrections-section").set_value(section).run()
        assert not app.exception, (section, app.exception)
