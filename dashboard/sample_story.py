"""One sample in full: who said what, what each rule makes of it, and what happened nearby."""

import numpy as np
import pandas as pd
import streamlit as st

from analysis.outcomes import OUTCOMES
from dashboard import compute, how_tables, how_words, panels, sample_table, state, tables
from dashboard.plots import probabilities
from dashboard.rule_choice import steady_weights
from dashboard.state import Choices
from dashboard.theme import DASH, markdown, shortened

MOST_TELLING = 50
MOST_BARS = 30
NEIGHBOURS = (5, 10, 25, 50)
SHARES = ("confidence", "probability of the label", "weight")
ROW, HEAD, TALLEST = 35, 38, 420


def pick(choices: Choices) -> int | None:
    """The sample to tell of: from the selection, or the most telling ones when there is none."""
    current = state.selection()
    if current is None:
        rows = compute.telling_samples(choices, MOST_TELLING)
        st.caption(
            "Nothing is selected, so these are the most telling samples: rescued first, then "
            "overruled, spoiled and corrected."
        )
    else:
        rows = current.positions
    if not len(rows):
        st.info("No sample was rescued, spoiled, corrected or missed. Select some in a plot.")
        return None
    page = sample_table.page_of(rows).tolist()
    table = compute.outcome_table(choices, choices.bundle)
    row = state.get("how-sample")
    return st.selectbox(
        "Sample",
        page,
        format_func=lambda place: _named(choices, table, place),
        **state.picker(
            "widget/how-sample", row if row in page else page[0], state.put, "how-sample"
        ),
    )


def _named(choices: Choices, table: dict, row: int) -> str:
    code = int(table["codes"][row])
    outcome = OUTCOMES[code] if code >= 0 else "not judged"
    right, judged = int(table["members_right"][row]), int(table["members_judged"][row])
    return f"{shortened(choices.bundle.ids[row], 60)}: {outcome}, {right} of {judged} members right"


def told(choices: Choices, row: int) -> None:
    """Everything about one sample."""
    left, right = st.columns(2)
    with left:
        _facts(choices, row)
        _rules(choices, row)
    with right:
        _probabilities(choices, row)
    _votes(choices, row)
    _neighbours(choices, row)


def _facts(choices: Choices, row: int) -> None:
    bundle = choices.bundle
    label = tables.labels_of(bundle, np.array([row]), np.array([*bundle.classes, DASH], object))[0]
    st.markdown(f"##### Sample {markdown(bundle.ids[row])}, label {markdown(label)}")
    if bundle.thumbnails is not None:
        st.image(tables.thumbnails(bundle.thumbnails[[row]], height=140)[0])
    text = tables.text_of(bundle)
    if text is not None:
        st.text(str(bundle.attributes[text][row]))


def _rules(choices: Choices, row: int) -> None:
    ensembles = compute.side_by_side(choices) | compute.under_other_rules(choices)
    found = {
        name: compute.outcome_table(choices, choices.bundle, one) for name, one in ensembles.items()
    }
    st.markdown("**By each ensemble shown, and by these members under the other rules**")
    frame = how_tables.under_rules(choices.bundle, row, found, choices.label)
    _table(frame, "Under each rule")


def _votes(choices: Choices, row: int) -> None:
    bundle, ensemble = choices.bundle, choices.ensemble
    weights = steady_weights(ensemble)
    shares = None if weights is None else np.array(weights) / sum(weights)
    confidences = compute.confidences(bundle, ensemble.members)
    frame = how_tables.votes(bundle, row, ensemble.members, confidences, shares)
    st.markdown("**What every member said**")
    _table(frame, "What every member said")


def _probabilities(choices: Choices, row: int) -> None:
    bundle, members = choices.bundle, choices.ensemble.members
    drawn = members[:MOST_BARS]
    table = compute.probabilities_of(bundle, drawn, row)
    if not np.isfinite(table).any():
        st.caption("The members have no probabilities of this sample, so only their answers count.")
        return
    names, whole = list(drawn), compute.combined(bundle, choices.ensemble)
    own = compute.probabilities_of(whole, whole.models, row)
    if np.isfinite(own).all():
        names, table = ["ensemble", *names], np.concatenate([own, table])
    label = -1 if bundle.labels is None else int(bundle.labels[row])
    answer = int(whole.predictions[0, row])
    cut = "" if len(drawn) == len(members) else f" The first {MOST_BARS} members are drawn."
    figure = probabilities.member_probabilities(
        names,
        table,
        probabilities.classes_in_play(table, label, answer),
        bundle.classes,
        label,
        answer,
        subtitle=f"Green: the label. Orange: the ensemble's answer where it is wrong.{cut}",
        palette=panels.palette(),
    )
    panels.chart(figure, "member-probabilities", "Probabilities of every member")


def _neighbours(choices: Choices, row: int) -> None:
    bundle = choices.bundle
    st.markdown("**What the ensemble did on the samples most like it**")
    if bundle.embeddings is None:
        st.caption(
            "There are no embeddings, so nobody knows which samples are alike. Add embeddings.npy "
            "(one row per sample) on the Data page."
        )
        return
    k = st.segmented_control(
        "Neighbours", NEIGHBOURS, wrap=True, required=True, **state.widget("how-neighbours", 10)
    )
    found = compute.neighbours(choices, row, k)
    table = compute.outcome_table(choices, bundle)
    code = int(table["codes"][row])
    st.markdown(how_words.neighbours(OUTCOMES[code] if code >= 0 else None, found))
    if not len(found["rows"]):
        return
    frame = how_tables.neighbours(bundle, found, table)
    _table(frame, "Nearest neighbours", tables.add_pictures(frame, bundle, found["rows"]))
    repeated = " Samples of its own unit may be among them." if bundle.units is not None else ""
    st.caption(
        "Euclidean distance over the columns of the embedding, each brought to standard "
        f"deviation 1.{repeated}"
    )


def _table(frame: pd.DataFrame, alt: str, pictures: str | None = None) -> None:
    settings = {name: st.column_config.NumberColumn(name, format="percent") for name in SHARES} | {
        "distance": st.column_config.NumberColumn("distance", format="%.2f"),
        pictures: st.column_config.ImageColumn("image", width="small"),
    }
    st.dataframe(
        tables.coloured(frame, panels.palette()),
        hide_index=True,
        column_config={name: setting for name, setting in settings.items() if name in frame},
        height=min(ROW * len(frame) + HEAD, TALLEST),
        alt=alt,
    )
