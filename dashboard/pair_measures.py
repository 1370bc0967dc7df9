"""Which measure of two models is shown: what it needs, what it says and which way is diverse."""

import streamlit as st

from analysis.bundle import Bundle
from analysis.measure import Measure
from analysis.sums import OF_PROBABILITIES
from dashboard import compute, state
from dashboard.state import Choices

ANSWERS, GRADES = "Answers", "Right and wrong"
PROBABILITIES, EMBEDDINGS = "Probabilities", "Embeddings"
BASES = (ANSWERS, GRADES, PROBABILITIES, EMBEDDINGS)


def pick_measure(choices: Choices) -> Measure:
    """One of the pair measures that the data can answer, and what it says."""
    offered = offered_measures(choices.bundle)
    if state.get("pair-measure") not in offered:
        state.put("pair-measure", next(iter(offered)))
    name = st.selectbox(
        "Measure",
        list(offered),
        format_func=lambda name: f"{basis(offered[name])}: {offered[name].label}",
        help="How two models are compared. In front: what of them is compared.",
        **state.widget("pair-measure"),
    )
    measure = offered[name]
    undefined = f" Undefined where {measure.undefined}" if measure.undefined else ""
    st.caption(f"{measure.summary}{direction(measure)}{undefined}")
    return measure


def offered_measures(bundle: Bundle) -> dict[str, Measure]:
    """The pair measures that the data can answer, by name, in the order in which they stand."""
    there = _there(bundle)
    return {
        measure.name: measure
        for base in BASES
        for measure in compute.pair_measures().values()
        if basis(measure) == base and base in there
    }


def basis(measure: Measure) -> str:
    """What of two models a measure compares, one of `BASES`."""
    needs = set(measure.needs)
    if "features" in needs:
        return EMBEDDINGS
    if needs & set(OF_PROBABILITIES):
        return PROBABILITIES
    return GRADES if any("right" in name or "graded" in name for name in needs) else ANSWERS


def _there(bundle: Bundle) -> set[str]:
    """The bases that the data of two models or more allow; answers where nothing else is."""
    found = {
        ANSWERS: not bundle.grades_alone,
        GRADES: bool(bundle.labelled.any()),
        PROBABILITIES: len(bundle.probabilities) > 1,
        EMBEDDINGS: len(bundle.model_embeddings) > 1,
    }
    return {base for base, there in found.items() if there} or {ANSWERS}


def direction(measure: Measure) -> str:
    """Which way is more diverse, and better, as far as the measure says: " Lower is ..."."""
    parts = []
    if measure.diverse:
        parts.append(f"{measure.diverse} is more diverse")
    if measure.better:
        parts.append(f"{measure.better} is better for a team")
    text = " and ".join(parts)
    return f" {text[0].upper()}{text[1:]}." if text else ""


def matrix_title(measure: Measure) -> str:
    """What the matrix of a measure shows, by which way is more diverse."""
    return {
        "higher": "How much each pair of models differs",
        "lower": "How much each pair of models has in common",
    }.get(measure.diverse, f"{measure.label} of each pair of models")


def map_title(name: str) -> str:
    """What it means that two models lie close together on a map by this measure."""
    return {
        ANSWERS: "Models that answer alike lie close together",
        GRADES: "Models that err alike lie close together",
        PROBABILITIES: "Models with similar probabilities lie close together",
        EMBEDDINGS: "Models with similar embeddings lie close together",
    }[basis(compute.pair_measures()[name])]


def distance_words(name: str) -> str:
    """The distance that a map by this measure shows: "square root of the ..."."""
    root = compute.pair_measures()[name].distance == "root"
    return f"{'square root of the ' if root else ''}{label_within(name)}"


def label_within(name: str) -> str:
    """The label of a measure inside a sentence; names of people keep their capital."""
    label = compute.pair_measures()[name].label
    kept = label.startswith(("Jensen", "Kullback", "Hellinger", "Cohen"))
    return label if kept else f"{label[0].lower()}{label[1:]}"
