"""Bundles from fitted scikit-learn estimators and from arrays equal those from files."""

import numpy as np
import pandas as pd
import pytest
from array_files import answers, csv_text, labels, load, npz, parquet
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from analysis import BundleError, from_arrays, from_estimators
from analysis.loading import reading

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(40, 3))
KINDS = np.array(["eel", "cat", "dog"])
Y = KINDS[np.argmax(X + GENERATOR.normal(size=(40, 3)) / 2, axis=1)]
IDS = [f"s{place}" for place in range(40)]
MODELS = {
    "bayes": GaussianNB().fit(X, Y),
    "vectors": LinearSVC().fit(X, Y),
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y),
}


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def files(models: dict, y=Y, ids=IDS, region=None) -> dict:
    """The same content as files, the numbers of the probabilities in an NPZ file."""
    order = sorted(set(KINDS))
    samples = {"sample_id": ids, "label": [str(label) for label in y]}
    if region is not None:
        samples["region"] = region
    wide = {"sample_id": ids} | {m: list(map(str, e.predict(X))) for m, e in models.items()}
    with_probabilities = {m: e for m, e in models.items() if hasattr(e, "predict_proba")}
    return {
        "samples.parquet": parquet(samples),
        "predictions.parquet": parquet(wide),
        "classes.csv": csv_text(["label"], [[name] for name in order]),
        "p.npz": npz(**{m: e.predict_proba(X) for m, e in with_probabilities.items()}),
    }


def test_estimators_equal_the_files_of_the_same_content():
    region = ["north", "south"] * 20
    bundle = from_estimators(MODELS, X, Y, ids=IDS, attributes={"region": region})
    assert bundle.models == ("bayes", "vectors", "logistic")
    assert bundle.classes == ("cat", "dog", "eel")
    assert list(bundle.probabilities) == ["bayes", "logistic"]
    assert bundle.groups["region"].levels == ("north", "south")
    loaded = load(files(MODELS, region=region), columns={"prediction": tuple(MODELS)})
    assert bundle.fingerprint == loaded.fingerprint


def test_a_data_frame_gives_the_ids_and_attributes():
    frame = pd.DataFrame(X, index=IDS, columns=["a", "b", "c"])
    model = GaussianNB().fit(frame, Y)
    bundle = from_estimators({"m": model}, frame, pd.Series(Y), attributes=frame[["a"]])
    assert bundle.ids == tuple(IDS)
    assert bundle.attributes["a"].tolist() == X[:, 0].tolist()
    assert from_estimators({"m": GaussianNB().fit(X, Y)}, X).ids[:2] == ("0", "1")


def test_a_list_takes_unique_names_and_a_pipeline_that_of_its_last_step():
    tree = DecisionTreeClassifier().fit(X, Y)
    bundle = from_estimators([tree, MODELS["logistic"], tree, MODELS["bayes"]], X)
    assert bundle.models == (
        "DecisionTreeClassifier 1",
        "LogisticRegression",
        "DecisionTreeClassifier 2",
        "GaussianNB",
    )
    assert bundle.labels is None


def test_a_class_that_an_estimator_never_saw_has_no_probability_there():
    few = Y != "dog"
    narrow = GaussianNB().fit(X[few], Y[few])
    bundle = from_estimators({"wide": MODELS["bayes"], "narrow": narrow}, X, Y)
    assert bundle.classes == ("cat", "dog", "eel")
    assert not bundle.probabilities["narrow"][:, 1].any()
    assert np.array_equal(bundle.probabilities["narrow"][:, [0, 2]], narrow.predict_proba(X))
    assert "'narrow' never saw 'dog'; its probability for it is 0." in bundle.notes


def test_numbers_and_truth_values_are_classes_as_text():
    y = (X[:, 0] > 0).astype(int)
    bundle = from_estimators({"m": GaussianNB().fit(X, y)}, X, y.astype(float))
    assert bundle.classes == ("0", "1")
    assert labels(bundle)[:3] == [str(value) for value in y[:3]]
    truth = from_estimators({"m": GaussianNB().fit(X, y > 0)}, X, y > 0)
    assert truth.classes == ("False", "True")
    assert truth.fingerprint != bundle.fingerprint


def test_the_order_of_the_classes_can_be_given():
    bundle = from_estimators(MODELS, X, Y, classes=["eel", "dog", "cat"])
    assert bundle.classes == ("eel", "dog", "cat")
    expected = MODELS["bayes"].predict_proba(X)[:, ::-1]
    assert np.array_equal(bundle.probabilities["bayes"], expected)


def test_votes_without_probabilities_give_answers_only():
    vote = VotingClassifier([("a", GaussianNB()), ("b", DummyClassifier())]).fit(X, Y)
    bundle = from_estimators({"vote": vote}, X, Y)
    assert not bundle.probabilities
    assert answers(bundle)["vote"]["0"] == vote.predict(X)[0]


def wrong(call, words: str) -> None:
    with pytest.raises(BundleError) as caught:
        call()
    assert words in str(caught.value)


def test_what_cannot_be_used_gets_a_sentence():
    line = LinearRegression().fit(X, X[:, 0])
    wrong(
        lambda: from_estimators({"line": line}, X), "'line' is a regressor, but Dissensus compares"
    )
    wrong(lambda: from_estimators([GaussianNB()], X), "'GaussianNB' is not fitted; call its fit")
    wrong(lambda: from_estimators({"x": StandardScaler()}, X), "'x' is a StandardScaler without")
    wrong(
        lambda: from_estimators({"x": GaussianNB}, X), "expected a fitted scikit-learn classifier"
    )
    several = DecisionTreeClassifier().fit(X, np.stack([Y, Y], axis=1))
    wrong(lambda: from_estimators({"x": several}, X), "answers per sample; expected one")
    wrong(lambda: from_estimators({}, X), "There are no predictions and no probabilities")
    wrong(lambda: from_estimators(MODELS, X, Y[:5]), "The labels have length 5; expected 40.")
    wrong(lambda: from_estimators(MODELS, X, Y, ids=["a"] * 40), "sample id 'a' occurs twice")
    wrong(
        lambda: from_estimators(MODELS, X, Y, classes=["cat", "dog"]),
        "The estimator 'bayes' knows 'eel', which is not among the classes 'cat', 'dog'",
    )


def test_arrays_equal_the_files_of_the_same_content():
    p = {"m": np.array([[0.9, 0.1], [0.2, 0.8]], dtype=np.float32)}
    bundle = from_arrays(
        {"k": ["cat", None]}, ["cat", "dog"], probabilities=p, attributes={"size": [1, 2]}
    )
    loaded = load(
        {
            "samples.csv": "sample_id,label,size\n0,cat,1\n1,dog,2\n",
            "predictions.csv": "sample_id,model,prediction\n0,k,cat\n",
            "p.npz": npz(**p),
        }
    )
    assert bundle.fingerprint == loaded.fingerprint


def test_answers_as_numbers_with_gaps():
    bundle = from_arrays({"m": np.array([1.0, np.nan, 2.0])}, np.array([1, 1, 2]), ids=[7, 8, 9])
    assert answers(bundle) == {"m": {"7": "1", "8": None, "9": "2"}}
    assert labels(bundle) == ["1", "1", "2"]


def test_arrays_that_cannot_be_used_get_a_sentence():
    wrong(lambda: from_arrays({"m": ["x"]}, ["x", "y"]), "The labels have length 2; expected 1.")
    wrong(
        lambda: from_arrays(probabilities={"m": np.zeros(3)}),
        "The probabilities of 'm' have shape (3,) and dtype float64; expected [samples, classes]",
    )
    wrong(
        lambda: from_arrays({"m": ["x"]}, attributes={"label": ["x"]}),
        "'label' cannot be the name of an attribute or a model; rename it.",
    )
    wrong(
        lambda: from_arrays(None, ["x", "y"], probabilities={"m": np.full((2, 2), 0.4)}),
        "arrays, model 'm', row 0 counted from 0 (sample '0'): found values from 0.4 to 0.4",
    )


GAPS = {
    "nan in a list": ["cat", float("nan"), "dog"],
    "None in a list": ["cat", None, "dog"],
    "pandas' NA in a list": ["cat", pd.NA, "dog"],
    "a tuple": ("cat", None, "dog"),
    "an object array": np.array(["cat", np.nan, "dog"], dtype=object),
    "text of pandas": pd.Series(["cat", None, "dog"], dtype="string"),
    "a categorical": pd.Series(["cat", None, "dog"], dtype="category"),
}


@pytest.mark.parametrize("case", GAPS)
def test_nothing_beside_text_is_no_answer_and_no_label(case):
    bundle = from_arrays(
        {"m": GAPS[case], "n": ["nan", "cat", "dog"]},
        GAPS[case],
        attributes={"kind": GAPS[case]},
    )
    assert answers(bundle)["m"] == {"0": "cat", "1": None, "2": "dog"}
    assert answers(bundle)["n"]["0"] == "nan"
    assert labels(bundle) == ["cat", None, "dog"]
    assert bundle.attributes["kind"].tolist() == ["cat", "", "dog"]


@pytest.mark.parametrize(
    "values",
    [
        [1, None, 2],
        [1.0, float("nan"), 2.0],
        [1, pd.NA, 2],
        pd.Series([1, None, 2], dtype="Int64"),
        np.ma.array([1, 7, 2], mask=[False, True, False]),
        np.ma.array([1.0, 7.0, 2.0], mask=[False, True, False]),
    ],
)
def test_nothing_beside_numbers_is_no_answer(values):
    bundle = from_arrays({"m": values}, attributes={"size": values})
    assert answers(bundle) == {"m": {"0": "1", "1": None, "2": "2"}}
    assert bundle.attributes["size"].dtype == np.float64
    assert np.array_equal(bundle.attributes["size"], [1, np.nan, 2], equal_nan=True)


def test_a_gap_does_not_change_how_other_answers_are_written():
    bundle = from_arrays({"m": [1.5, 2.0], "n": [1.5, 2.0]}, [1.5, None])
    assert bundle.classes == ("1.5", "2.0")
    assert labels(bundle) == ["1.5", None]
    truth = from_arrays({"m": [True, None]}, [True, False])
    assert truth.classes == ("False", "True")


def test_an_id_that_is_missing_is_a_problem():
    wrong(
        lambda: from_arrays({"m": ["x", "y"]}, ids=["a", None]),
        "The sample id at place 1 counted from 0 is missing; expected one for every sample.",
    )
