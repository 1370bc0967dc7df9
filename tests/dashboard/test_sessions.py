"""Sessions as files: what was chosen comes back, what is edited or hostile is refused."""

import contextlib
import json
import random
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from kinds import BUNDLES
from made import ROOT, random_bundle

from analysis.bundle import BundleError
from dashboard.fit_on import FitOn
from dashboard.sessions import checking
from dashboard.sessions.files import MARK, from_json, to_json
from dashboard.sessions.fitting import data_of, differences, fitted_to
from dashboard.sessions.making import both, built, holds, meeting
from dashboard.sessions.packing import packed, unpacked
from dashboard.sessions.session import Data, Making, Picked, Session, Team

FULL = replace(
    BUNDLES["full"],
    attributes={
        "age": np.arange(len(BUNDLES["full"].ids)) % 7,
        "town": np.array(["x", "y"] * 30, dtype=object),
    },
    fingerprint="",
)
TEXT = some.text(some.characters(exclude_categories=["Cs"]), max_size=8)
NUMBER = some.floats(-1e6, 1e6) | some.integers(-1000, 1000)
OPTIONS = some.dictionaries(TEXT, NUMBER | TEXT, max_size=2)
IDS = some.frozensets(TEXT | some.from_regex(r"[a-z-]?[0-9]{1,4}", fullmatch=True), max_size=12)
PREDICATE = some.lists(
    some.lists(some.tuples(TEXT, TEXT), min_size=1, max_size=2).map(tuple), min_size=1, max_size=2
).map(tuple)
PICKED = some.builds(Picked, IDS, some.just(()), TEXT, some.integers(0, 99)) | some.builds(
    Picked, some.just(frozenset()), PREDICATE, TEXT, some.integers(0, 99)
)
MAKING = some.recursive(
    some.builds(
        Making,
        some.sampled_from(["values", "parts", "edges", "slice"]),
        some.lists(TEXT, max_size=2).map(tuple),
        TEXT,
        some.integers(0, 20),
        some.lists(NUMBER, max_size=3).map(tuple),
        TEXT,
        some.none() | PICKED,
    ),
    lambda inner: some.builds(
        Making, some.just("crossing"), some.lists(TEXT | inner, max_size=3).map(tuple)
    ),
    max_leaves=3,
)
PLAIN = some.none() | some.booleans() | NUMBER | TEXT
NAMES = some.lists(TEXT, max_size=3).map(tuple)
SESSIONS = some.builds(
    Session,
    data=some.builds(Data, TEXT, TEXT, NAMES, some.integers(0, 10**9), TEXT, NAMES, NAMES, TEXT),
    reading=some.fixed_dictionaries(
        {},
        optional={
            "columns": some.dictionaries(TEXT, NAMES, max_size=2),
            "where": NAMES,
            "values": some.sampled_from(["probabilities", "logits"]),
            "threshold": NUMBER,
        },
    ),
    members=NAMES,
    rule=some.none() | TEXT,
    weights=some.dictionaries(TEXT, NUMBER, max_size=3),
    options=some.dictionaries(TEXT, OPTIONS, max_size=2),
    kept=some.dictionaries(
        TEXT,
        some.builds(
            Team,
            NAMES,
            TEXT,
            OPTIONS,
            some.lists(NUMBER, max_size=3).map(tuple),
            some.none() | some.integers(0, 5),
        ),
        max_size=2,
    ),
    fit_on=some.none()
    | some.builds(
        FitOn,
        some.sampled_from(["drawn", "column"]),
        some.integers(10, 90),
        some.integers(0, 10**6),
        some.none() | TEXT,
        some.none() | TEXT,
        some.none() | TEXT,
    ),
    grouping=some.none() | TEXT,
    missing=some.sampled_from([None, "exclude", "wrong"]),
    made=some.dictionaries(TEXT, MAKING, max_size=2),
    selection=some.none() | PICKED,
    page=TEXT,
    page_options=some.dictionaries(TEXT, PLAIN | some.lists(PLAIN, max_size=2).map(tuple)),
    figure_settings=some.dictionaries(TEXT, PLAIN, max_size=2),
    notes=some.dictionaries(TEXT, TEXT, max_size=2),
)
FILLED = Session(
    data=data_of(FULL, "full", ["a.csv"]),
    members=("model-1", "model-3"),
    rule="mean",
    weights={"model-1": 0.5},
    options={"mmr": {"size": 3}},
    kept={"two": Team(("model-0", "model-1"), "plurality", place=0)},
    fit_on=FitOn(seed=3),
    grouping="region",
    missing="wrong",
    made={"cut": Making("crossing", ("region", Making("parts", ("age",), parts=3)))},
    selection=Picked(frozenset(FULL.ids[:7]), description="by hand", number=7),
    page="front",
    page_options={"front-section": "Findings"},
    notes={"front": "look"},
)


@settings(max_examples=150)
@given(SESSIONS)
def test_any_session_is_the_same_after_json(session):
    content = to_json(session)
    assert from_json(content) == (session, ())
    assert to_json(from_json(content)[0]) == content


@given(some.sets(some.text(max_size=6) | some.from_regex(r"x?0{0,2}[0-9]{1,17}", fullmatch=True)))
def test_ids_are_the_same_after_packing(ids):
    found = packed(ids)
    assert unpacked(found["numbered"], found["others"]) == ids


def test_a_million_ids_are_small_and_can_be_read():
    ids = [f"digit-{number:07d}" for number in range(1_000_000)]
    content = to_json(Session(selection=Picked(frozenset(ids[5:]), number=999_995)))
    assert len(content) < 2000
    assert b'"digit-": "0000005..0999999"' in content
    half = Picked(frozenset(ids[::2]), number=500_000)
    assert len(to_json(Session(selection=half))) < checking.MOST_BYTES / 2


def test_the_file_can_be_read_by_a_person():
    text = to_json(FILLED).decode()
    found = json.loads(text)
    assert list(found) == sorted(found)
    assert found["members"] == ["model-1", "model-3"]
    assert text.count("\n") > 40


HOSTILE = {
    "nothing": b"",
    "no text": b"\xff\xfe\x00",
    "no JSON": b"__import__('os').system('true')",
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00.",
    "a list": b"[1]",
    "no session": b"{}",
    "another version": b'{"dissensus_session": 99}',
    "version of text": b'{"dissensus_session": "1"}',
    "deep": b'{"dissensus_session": 1, "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "infinite": b'{"dissensus_session": 1, "weights": {"a": Infinity}}',
    "too large a number": b'{"dissensus_session": 1, "weights": {"a": 1e999}}',
    "endless digits": b'{"dissensus_session": 1, "weights": {"a": ' + b"9" * 5000 + b"}}",
    "twice": b'{"dissensus_session": 1, "rule": "mean", "rule": "plurality"}',
    "half a character": b'{"dissensus_session": 1, "page": "\\ud800"}',
    "a bomb of ids": b'{"dissensus_session": 1, "selection": {"samples": '
    b'{"numbered": {"s": "1..999999999999999"}}}}',
    "many bombs": b'{"dissensus_session": 1, "selection": {"samples": {"numbered": {"s": "'
    + b"0..999999 " * 50
    + b'"}}}}',
    "long": b'{"dissensus_session": 1, "page": "' + b"x" * 30_000 + b'"}',
    "too large": b" " * (checking.MOST_BYTES + 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_session_is_refused_in_one_sentence(name):
    with pytest.raises(BundleError) as problem:
        from_json(HOSTILE[name])
    assert 10 < len(str(problem.value)) <= 500
    assert "\n" not in str(problem.value)


def test_unknown_fields_are_named():
    values = json.loads(to_json(FILLED)) | {"__class__": "os.system", "evil": [1]}
    values["kept"]["two"]["run"] = "rm"
    session, unknown = from_json(json.dumps(values).encode())
    assert session == FILLED
    assert sorted(unknown) == [
        "The session: __class__",
        "The session: evil",
        "The session: kept: two: run",
    ]


def mutated(values: object, chance: random.Random) -> object:
    """The values with one place changed: dropped, of another kind, extreme, or doubled."""
    spots: list[tuple] = []

    def walk(value):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            spots.append((value, key))
            if isinstance(value[key], dict | list):
                walk(value[key])

    walk(values)
    for place, key in chance.sample(spots, chance.choice([1, 1, 3])):
        made = [None, True, -1, 0, 1e308, "", "x" * 300, "=cmd()", "<script>", [], {}, [[]], [None]]
        made += [{"any_of": []}, ["model-0"] * 50, 2**70, -0.5, "nan", "../../etc/passwd"]
        there = key in place if isinstance(place, dict) else key < len(place)
        alike = [one for one in made if there and isinstance(one, type(place[key]))]
        if there:
            place[key] = chance.choice(alike or made)
    return values


def test_a_mutated_session_is_read_or_refused_in_one_sentence_and_never_breaks():
    chance, read, other = random.Random(8), [], BUNDLES["labels only"]
    for _ in range(300):
        content = json.dumps(mutated(json.loads(to_json(FILLED)), chance)).encode()
        with contextlib.suppress(BundleError):
            read.append(from_json(content)[0])
    assert 20 < len(read) < 290
    for session in read:
        for bundle in (FULL, other):
            fits = fitted_to(session, bundle)
            assert set(fits.session.members) <= set(bundle.models)
            assert all(line.endswith(".") for line in (*fits.differs, *fits.left_out))


def test_cut_files_are_refused():
    content = to_json(FILLED)
    for end in range(0, len(content) - 2, 97):
        with pytest.raises(BundleError):
            from_json(content[:end])


def test_the_same_data_do_not_differ_and_everything_fits():
    fits = fitted_to(FILLED, FULL)
    assert fits.differs == ()
    assert fits.left_out == ()
    assert fits.session == FILLED
    assert "cut" in fits.bundle.groups
    assert differences(data_of(fits.bundle, ""), FULL) == []


def test_what_differs_is_said_and_what_fits_is_kept():
    other = random_bundle(models=2, samples=30, seed=5, probabilities=False)
    session = replace(
        FILLED,
        grouping="planet",
        rule="no_such",
        fit_on=FitOn("column", column="region", value="nowhere"),
        options={"mmr": {"size": -4, "shape": 1}},
        kept={**FILLED.kept, "sure": Team(("model-0",), "mean"), "gone": Team(("x",), "plurality")},
    )
    fits = fitted_to(session, other)
    said = " ".join((*fits.differs, *fits.left_out))
    assert fits.session.members == ("model-1",)
    assert list(fits.session.kept) == ["two"]
    assert fits.session.options == {"mmr": {}}
    for part in (
        "Models of the session that are missing here: model-2, model-3, model-4.",
        "samples; here are 30",
        "no grouping 'planet'",
        "no rule 'no_such'",
        "no region = nowhere",
        "size = -4",
        "shape = 1",
        "'sure' is left out",
        "'gone' is left out",
    ):
        assert part in said, said


def test_weights_that_are_hostile_are_left_out():
    session = replace(FILLED, weights={"model-1": -1.0, "model-3": 1e200})
    fits = fitted_to(session, FULL)
    assert fits.session.weights == {}
    assert "Weights below 0" in " ".join(fits.left_out)
    zero = fitted_to(replace(FILLED, weights={"model-1": 0, "model-3": 0}), FULL)
    assert zero.session.weights == {}
    team = Team(("model-0", "model-1"), "plurality", weights=(1.0,))
    assert fitted_to(replace(FILLED, kept={"a": team}), FULL).session.kept["a"].weights == ()


def test_a_predicate_is_any_of_all_of_its_conditions():
    region = FULL.groups["region"]
    first, second = region.levels[:2]
    rows = meeting(((("region", first),), (("region", second),)), FULL)
    expected = np.flatnonzero(region.within([0, 1]).numpy())
    np.testing.assert_array_equal(rows, expected)
    assert len(meeting(((("region", first), ("region", second)),), FULL)) == 0
    joined = both(((("region", first),),), ((("region", second),), (("label", "x"),)))
    assert joined == (
        (("region", first), ("region", second)),
        (("region", first), ("label", "x")),
    )
    assert holds(((("region", first),),), np.flatnonzero(region.within([0]).numpy()), FULL)
    assert not holds(((("region", first),),), expected, FULL)
    assert not holds(((("planet", first),),), expected, FULL)
    with pytest.raises(BundleError, match="no group 'nowhere'"):
        meeting(((("region", "nowhere"),),), FULL)


def test_a_making_that_cannot_be_is_refused_in_a_sentence():
    for making in (
        Making("values"),
        Making("values", (Making("values", ("region",)),)),
        Making("parts", ("town",), parts=3),
        Making("edges", ("age",)),
        Making("parts", ("age",), parts=1000),
        Making("crossing", ("region",)),
        Making("crossing", ("region", "planet")),
        Making("slice"),
        Making("slice", samples=Picked(frozenset(["no such"]))),
    ):
        with pytest.raises(BundleError) as problem:
            built(making, FULL)
        assert str(problem.value).endswith(".")


def test_every_choice_of_a_page_travels_or_is_named_as_one_that_does_not():
    from dashboard.page_options import NOT_SAVED, check_of

    found = set()
    for path in (ROOT / "dashboard").rglob("*.py"):
        found |= set(re.findall(r'state\.widget\(\s*"([^"]+)"', path.read_text("utf-8")))
        found |= set(re.findall(r'pick_pool\(\w+, "([^"]+)"', path.read_text("utf-8")))
    assert len(found) > 40
    assert [name for name in found if check_of(name) is None and name not in NOT_SAVED] == []


def test_the_file_names_its_kind():
    assert json.loads(to_json(Session()))[MARK] == 1
    assert from_json(to_json(Session())) == (Session(), ())
