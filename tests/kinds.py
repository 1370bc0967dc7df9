"""Every kind of bundle that a view must cope with, and the app opened on one."""

import json
from dataclasses import replace

import numpy as np
import torch
from made import ROOT, overlapping, random_bundle
from streamlit.testing.v1 import AppTest

from analysis.loading import save_bundle


def opened(bundle=None, folder=None, monkeypatch=None, selected=None) -> AppTest:
    """The app on a bundle that was written to disk and opened as the command line does."""
    if bundle is not None:
        save_bundle(bundle, folder)
        monkeypatch.setenv("DISSENSUS_OPEN", json.dumps({"paths": [str(folder)]}))
    else:
        monkeypatch.delenv("DISSENSUS_OPEN", raising=False)
    app = AppTest.from_file(str(ROOT / "dashboard" / "app.py"), default_timeout=60).run()
    if selected is not None:
        from dashboard.state import Selection

        app.session_state["selection"] = Selection(
            np.asarray(selected, dtype=np.int32), "elsewhere", "chosen by hand", len(bundle.ids)
        )
    return app


def no_labels(bundle):
    return replace(bundle, labels=None, grades=None, fingerprint="")


def stated(bundle):
    """Models that state a confidence in their answers, but have no probabilities."""
    sure = torch.stack([table.amax(1) for table in bundle.probabilities.values()]).float()
    return replace(bundle, probabilities={}, confidence=sure, fingerprint="")


def checkpointed(bundle):
    """All models are checkpoints of one run."""
    epochs = np.arange(len(bundle.models))
    return replace(bundle, model_info={"epoch": epochs}, fingerprint="")


def embedded(bundle):
    """Every model has embeddings of its own."""
    tables = {
        model: torch.randn(len(bundle.ids), 3 + place) for place, model in enumerate(bundle.models)
    }
    return replace(bundle, model_embeddings=tables, fingerprint="")


def mixtures(bundle):
    """Two models and what lies between their weights, and a soup of these two."""
    columns = {
        "kind": np.array(["member", "member", "interpolation", "soup"], dtype=object),
        "family": np.full(4, "one", dtype=object),
        "alpha": np.array([0.0, 1.0, 0.5, np.nan]),
    }
    return replace(bundle, model_info=columns, fingerprint="")


BUNDLES = {
    "full": random_bundle(),
    "gaps": random_bundle(gaps=0.2, seed=3),
    "labels only": random_bundle(probabilities=False),
    "no labels": no_labels(random_bundle(probabilities=False)),
    "probabilities without labels": no_labels(random_bundle()),
    "stated confidence": stated(random_bundle()),
    "checkpoints": checkpointed(random_bundle()),
    "embeddings of models": embedded(random_bundle()),
    "hard": random_bundle(accuracy=0.2, seed=7),
    "one model": random_bundle(models=1),
    "one sample": random_bundle(samples=1),
    "two models": random_bundle(models=2),
    "overlapping groups": overlapping(),
    "mixtures": mixtures(random_bundle(models=4)),
    "mixtures, labels only": mixtures(random_bundle(models=4, probabilities=False, gaps=0.1)),
    "many": random_bundle(models=60, samples=40, probabilities=False),
}
