"""What the Containerfile promises; whether it builds, only a container engine can tell."""

import json
import re
import tomllib

from made import ROOT

from dashboard.cli import _parser

LINES = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", " ").splitlines()
STEPS = [line.split(None, 1) for line in LINES if line and not line.startswith("#")]
LAST = STEPS[max(place for place, (what, _) in enumerate(STEPS) if what == "FROM") :]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def said(what: str, steps=LAST) -> list[str]:
    return [text for step, text in steps if step == what]


def test_it_runs_as_an_ordinary_user_that_owns_nothing():
    (user,) = said("USER")
    assert [int(part) > 0 for part in user.split(":")] == [True, True]
    assert not any("--chown" in text for text in said("COPY"))


def test_all_stages_have_a_python_that_the_project_runs_on():
    versions = {re.search(r"python:(\d+\.\d+)-slim", base)[1] for base in said("FROM", STEPS)}
    (version,) = versions
    assert f">={version}" == PROJECT["requires-python"]


def test_what_was_tested_is_installed_with_the_login():
    (install,) = [text for text in said("RUN", STEPS) if "pip install" in text]
    assert "--constraint constraints.txt" in install
    assert '".[login]"' in install
    assert "login" in PROJECT["optional-dependencies"]


def test_what_the_project_needs_is_copied_and_no_secret():
    copied = {name for text in said("COPY", STEPS) if "--from" not in text for name in text.split()}
    assert copied >= {"pyproject.toml", "constraints.txt", "README.md", "analysis", "data/demo"}
    for name in copied - {"./"}:
        assert (ROOT / name).exists(), name
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert ignored[0] == "*"
    assert ignored[-1] == "**/secrets.toml"
    assert {line[1:] for line in ignored if line.startswith("!")} == copied - {"./"}
    assert not re.search(r"secret|password|token", " ".join(said("ENV") + said("ARG")), re.I)


def test_it_serves_the_mounted_data_and_says_whether_it_is_well():
    (entry,), (command,) = said("ENTRYPOINT"), said("CMD")
    assert json.loads(entry) == ["dissensus"]
    options = _parser().parse_args(json.loads(command))
    assert [str(path) for path in options.paths] == ["/data"]
    assert (options.host, options.no_browser, options.no_workspace) == ("0.0.0.0", True, True)
    assert said("EXPOSE") == [str(options.port)] == ["8501"]
    (health,) = said("HEALTHCHECK")
    assert f"http://127.0.0.1:{options.port}/_stcore/health" in health
    check = json.loads(health[health.index("CMD") + 3 :])
    compile(check[-1], "healthcheck", "exec")


def test_what_libraries_write_goes_to_the_temporary_folder():
    (values,) = said("ENV")
    pairs = dict(pair.split("=", 1) for pair in values.split())
    assert {pairs[name].split("/")[1] for name in ("HOME", "NUMBA_CACHE_DIR", "MPLCONFIGDIR")} == {
        "tmp"
    }
