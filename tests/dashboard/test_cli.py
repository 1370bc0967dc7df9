"""The command line: what it prints, what it exits with, and what it says when it cannot."""

import json
import os
import subprocess
import sys
import tomllib

import pytest
import torch
from made import CANNOT, ROOT, random_bundle

from analysis.loading import load_bundle, save_bundle
from dashboard.cli import main
from dashboard.inputs import load_all
from dashboard.theme import STREAMLIT_THEME

LONG = "sample_id,model,prediction\n1,a,x\n2,a,y\n3,a,x\n1,b,x\n2,b,x\n3,b,\n"
SAMPLES = "sample_id,label,site\n1,x,north\n2,y,north\n3,y,south\n"
KEYS = {
    "dissensus",
    "bundle",
    "models",
    "pairs",
    "diversity",
    "decompositions",
    "groups",
    "runs",
    "ensembles",
    "fitted_on",
}
SEVEN = {
    "disagreement_labels",
    "error_disagreement",
    "double_fault",
    "error_consistency",
    "q_statistic",
    "rho",
    "js_nats",
}


@pytest.fixture
def files(tmp_path):
    (tmp_path / "samples.csv").write_text(SAMPLES, "utf-8")
    (tmp_path / "runs.csv").write_text(LONG, "utf-8")
    return str(tmp_path / "samples.csv"), str(tmp_path / "runs.csv")


def analyzed(capsys, *arguments: str) -> dict:
    assert main(["analyze", *arguments]) == 0
    printed = capsys.readouterr()
    return json.loads(printed.out)


def test_analyze_prints_the_contract(files, capsys):
    found = analyzed(capsys, *files)
    assert set(found) == KEYS
    assert set(found["pairs"]) >= SEVEN | {"n"}
    assert found["bundle"]["samples"] == 3
    assert found["bundle"]["classes"] == ["x", "y"]
    assert found["bundle"]["groups"]["site"] == {"north": 2, "south": 1}
    assert found["bundle"]["missing"] == {"a": 0, "b": 1}
    assert found["models"]["a"]["right"] == 2
    assert found["models"]["b"] == {
        "n": 2,
        "right": 1,
        "accuracy": 0.5,
        "accuracy_interval": pytest.approx([0.0945, 0.9055], abs=1e-4),
        "log_loss": None,
        "brier": None,
        "ece": None,
        "aurc": None,
        "calibration": {
            "n": 0,
            **dict.fromkeys(
                (
                    "ece",
                    "mce",
                    "overconfidence",
                    "ece_mass",
                    "debiased_square",
                    "debiased_root",
                    "plugin",
                    "classwise_ece",
                )
            ),
            "undefined": "no confidence",
        },
    }
    assert found["pairs"]["js_nats"] == [[None, None], [None, None]]
    assert found["pairs"]["n"] == [[3, 2], [2, 2]]


def test_gaps_count_as_wrong_when_asked(files, capsys):
    found = analyzed(capsys, *files, "--missing", "wrong")
    assert found["models"]["b"]["n"] == 3
    assert found["models"]["b"]["accuracy"] == pytest.approx(1 / 3)
    assert found["pairs"]["n"] == [[3, 3], [3, 3]]


def test_the_reference_the_samples_and_the_models_can_be_chosen(files, capsys):
    found = analyzed(capsys, *files, "--reference", "b")
    assert found["ensembles"][0]["reference"] == "b"
    found = analyzed(capsys, *files, "--where", "site=north", "--models", "b")
    assert found["bundle"]["samples"] == 2
    assert found["bundle"]["models"] == ["b"]


def test_ensembles_are_judged_in_the_order_they_are_named(tmp_path, capsys):
    bundle = random_bundle()
    save_bundle(bundle, tmp_path / "bundle")
    found = analyzed(
        capsys,
        str(tmp_path / "bundle"),
        "--ensemble",
        "mean:model-0,model-2",
        "--ensemble",
        "geometric",
    )["ensembles"]
    assert [entry["rule"] for entry in found] == ["mean", "geometric"]
    assert found[0]["members"] == ["model-0", "model-2"]
    assert sum(found[1]["outcomes"].values()) == found[1]["n"]


def test_json_goes_to_a_file(files, tmp_path, capsys):
    target = tmp_path / "out.json"
    assert main(["analyze", *files, "--json", str(target)]) == 0
    assert capsys.readouterr().out == ""
    assert set(json.loads(target.read_text("utf-8"))) == KEYS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ensemble", "magic"], "the rules are plurality, mean, geometric"),
        (["--ensemble", "mean"], "needs probabilities"),
        (["--ensemble", "plurality:a,zzz"], "There is no model 'zzz'"),
        (["--reference", "zzz"], "There is no model 'zzz'"),
        (["--models", "a,zzz"], "There is no model 'zzz'"),
        (["--where", "site=moon"], "no sample is like this"),
        (["--where", "moon=1"], "expected COL=VALUE with one of site, label"),
        (["--memory", "lots"], "--memory lots: 'lots' is no size of memory; expected one such as"),
        (["--memory", "1MB"], "--memory 1MB: The memory is too small: the program by itself takes"),
        pytest.param(
            ["--device", "cuda"],
            "There is no CUDA device here; use --device cpu.",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason=f"{CANNOT} lack of CUDA"),
        ),
    ],
)
def test_a_wrong_option_is_answered_with_one_sentence(files, capsys, arguments, words):
    assert main(["analyze", *files, *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("command", ["check", "convert"])
def test_a_memory_that_is_none_is_refused_by_every_command_that_reads(
    command, files, tmp_path, capsys
):
    more = ["-o", str(tmp_path / "out")] if command == "convert" else []
    assert main([command, *files, *more, "--memory", "2PB"]) == 1
    assert "'2PB' is no size of memory" in capsys.readouterr().err
    assert main([command, *files, *more, "--memory", "900GB"]) == 0


def test_a_cluster_that_is_not_there_is_answered_before_anything_is_read(files, capsys):
    pytest.importorskip("distributed", reason=f"{CANNOT} distributed")
    assert main(["analyze", *files, "--cluster", "tcp://127.0.0.1:9"]) == 1
    assert capsys.readouterr().err.startswith("dissensus: No Dask scheduler answers at tcp://")


def test_check_tells_forms_notes_and_problems(files, tmp_path, capsys):
    assert main(["check", *files]) == 0
    printed = capsys.readouterr().out
    assert "samples table" in printed
    assert "long predictions" in printed
    assert "usable: 2 models on 3 samples" in printed
    broken = tmp_path / "broken.csv"
    broken.write_text("sample_id,model,prediction\n1,a,x\n1,a,y\n", "utf-8")
    assert main(["check", str(broken)]) == 1
    assert "problem: broken.csv, row 3" in capsys.readouterr().out


def test_one_of_something_is_not_said_in_the_plural(tmp_path, capsys):
    (tmp_path / "one.csv").write_text("model,setting,accuracy\na,clean,0.9\n", "utf-8")
    assert main(["check", str(tmp_path / "one.csv")]) == 0
    printed = capsys.readouterr().out
    assert "one.csv: accuracy table, 1 row\n" in printed
    assert "usable: accuracies of 1 model in 1 setting, 1 measured" in printed
    (tmp_path / "answers.csv").write_text("sample_id,model,prediction\n1,a,x\n", "utf-8")
    assert main(["check", str(tmp_path / "answers.csv")]) == 0
    assert "usable: 1 model on 1 sample, fingerprint" in capsys.readouterr().out


@pytest.fixture
def both(files, tmp_path):
    """Answers of a and b, and accuracies of b and c."""
    (tmp_path / "scores.csv").write_text(
        "model,setting,accuracy\nb,clean,0.9\nc,clean,0.8\n", "utf-8"
    )
    return *files, str(tmp_path / "scores.csv")


@pytest.mark.parametrize(
    ("models", "answering", "measured"),
    [("b", ("b",), ("b",)), ("c,a", ("a",), ("c",)), ("b,a", ("b", "a"), ("b",))],
)
def test_models_are_chosen_in_the_answers_and_in_the_accuracies(both, models, answering, measured):
    bundle, accuracies = load_all({"paths": list(both), "models": models.split(",")})
    assert bundle.models == answering
    assert accuracies.models == measured


def test_models_of_which_only_one_input_knows_leave_the_other_aside(both, tmp_path, capsys):
    bundle, accuracies = load_all({"paths": list(both), "models": ["c"]})
    assert bundle is None
    assert accuracies.models == ("c",)
    bundle, accuracies = load_all({"paths": list(both), "models": ["a"]})
    assert bundle.models == ("a",)
    assert accuracies is None
    assert main(["convert", *both, "--models", "c", "-o", str(tmp_path / "out")]) == 1
    assert "accuracies alone" in capsys.readouterr().err
    assert main(["convert", *both, "--models", "a,c", "-o", str(tmp_path / "out")]) == 0
    assert load_bundle(tmp_path / "out").models == ("a",)


def test_a_model_that_nobody_knows_is_refused_with_the_names_of_all(both, capsys):
    assert main(["check", *both, "--models", "a,zzz"]) == 1
    assert "There is no model 'zzz'; the models are a, b, c." in capsys.readouterr().out


def test_samples_cannot_be_chosen_where_only_accuracies_are_left(both, capsys):
    assert main(["check", *both, "--models", "c", "--where", "site=north"]) == 1
    assert "there are no samples to choose from" in capsys.readouterr().out


def test_the_same_options_hold_for_every_command_that_takes_a_path(files, capsys):
    assert main(["check", *files, "--models", "nosuch"]) == 1
    assert "problem: There is no model 'nosuch'" in capsys.readouterr().out
    assert main(["check", *files, "--where", "site=north", "--models", "a"]) == 0
    assert "usable: 1 model on 2 samples" in capsys.readouterr().out
    for command in ("serve", "check", "analyze"):
        with pytest.raises(SystemExit) as stop:
            main([command, *files, "--missing-mark", "x"])
        assert stop.value.code == 2


def test_samples_are_kept_by_number_and_by_text(tmp_path, capsys):
    table = tmp_path / "runs.csv"
    table.write_text(
        "sample_id,label,cost,code,m\n1,x,1234567.5,01,x\n2,y,1234568.5,1,y\n", "utf-8"
    )
    options = ["--column", "prediction=m", "--column", "label=label"]
    for condition in ("cost=1234567.5", "code=01", "label=x"):
        found = analyzed(capsys, str(table), *options, "--where", condition)
        assert found["bundle"]["samples"] == 1


def test_a_json_file_that_cannot_be_written_is_answered_with_a_sentence(files, tmp_path, capsys):
    assert main(["analyze", *files, "--json", str(tmp_path / "no" / "where.json")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_an_output_that_is_full_is_answered_with_a_sentence(files, capsys, monkeypatch):
    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert main(["check", *files]) == 1
    assert "dissensus: The command cannot go on: No space left" in capsys.readouterr().err


def test_serve_names_a_path_that_is_not_there(capsys):
    assert main(["serve", "nowhere.csv"]) == 1
    assert "nowhere.csv" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "demo", "serve", "check", "analyze"])
def test_every_command_has_help_with_an_example(command):
    arguments = [sys.executable, "-m", "dashboard.cli", *command.split(), "--help"]
    printed = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert "dissensus" in printed
    assert not command or "example:" in printed


def test_the_start_imports_nothing_heavy_before_it_is_needed():
    script = (
        "import sys, dashboard.cli\n"
        "heavy = {'torch', 'umap', 'numba', 'sklearn', 'streamlit', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(os.name != "posix", reason="this machine has no signals")
def test_ending_the_command_ends_the_app_that_it_runs(tmp_path):
    app = tmp_path / "app.sh"
    app.write_text("#!/bin/sh\nsleep 1\necho $$\nexec sleep 60\n")
    app.chmod(0o755)
    script = (
        "import sys\nfrom dashboard.cli import main\n"
        f"sys.executable = {str(app)!r}\nsys.exit(main(['serve', '--no-browser']))"
    )
    command = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    pid = int(command.stdout.readline())
    command.terminate()
    assert command.wait(30) == 0
    left = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    assert left.stdout.strip()[:1] in ("", "Z")


def test_the_theme_of_the_command_is_that_of_the_configuration_file():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    flat = {}
    for name, value in settings.items():
        nested = value.items() if isinstance(value, dict) else [(None, value)]
        flat |= {name if part is None else f"{name}.{part}": colour for part, colour in nested}
    assert flat == STREAMLIT_THEME


def test_where_keeps_samples_that_have_the_value_among_several(tmp_path, capsys):
    samples, long = tmp_path / "samples.csv", tmp_path / "long.csv"
    samples.write_text("sample_id,label,tags\n1,x,p;q\n2,x,q\n3,x,p\n4,x,\n", "utf-8")
    long.write_text("sample_id,model,prediction\n1,a,x\n2,a,y\n3,a,x\n4,a,x\n", "utf-8")
    found = analyzed(capsys, str(samples), str(long), "--multi", "tags=;", "--where", "tags=p")
    assert found["bundle"]["samples"] == 2
    assert found["bundle"]["groups"]["tags"] == {"p": 2, "q": 1, "(missing)": 0}


WITHOUT_PANDAS = """
import sys
from dashboard.cli import main
ended = main()
print("pandas" in sys.modules)
import pandas
sys.exit(ended)
"""


def test_under_a_stated_memory_the_command_does_without_pandas(files, tmp_path, capsys):
    figures = tmp_path / "figures.json"
    arguments = ["analyze", *files, "--json", str(figures), "--memory", "2GB"]
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_PANDAS, *arguments], capture_output=True, text=True, cwd=ROOT
    )
    assert (ran.returncode, ran.stdout) == (0, "False\n"), ran.stderr
    assert json.loads(figures.read_text()) == analyzed(capsys, *files)
