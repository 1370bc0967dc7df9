"""Logs of evaluation tools: small made examples of each, and the real ZeroEval files."""

import io
import json
import zipfile

import pytest
from made import real

from analysis.loading import Options, Source, load_bundle, read, reading
from analysis.loading.logs.numbers import canonical_number
from analysis.loading.sources import Reading
from dashboard.cli import main

DATE = "2025-01-02T03-04-05.678"


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr(reading, "STRICT", True)


def load(files: dict, **options) -> Reading:
    sources = [
        Source(name, content if isinstance(content, bytes) else json.dumps(content).encode())
        for name, content in files.items()
    ]
    result = read(sources, Options(**options))
    assert not result.problems, result.problems
    return result


def problem(files: dict) -> str:
    sources = [Source(name, json.dumps(content).encode()) for name, content in files.items()]
    result = read(sources)
    assert result.bundle is None
    assert len(result.problems) == 1, result.problems
    return result.problems[0]


def lines(records: list) -> bytes:
    return "\n".join(json.dumps(record) for record in records).encode()


def answers(result: Reading) -> dict:
    bundle = result.bundle
    names = [*bundle.classes, None]
    return {
        model: dict(zip(bundle.ids, [names[code] for code in row], strict=True))
        for model, row in zip(bundle.models, bundle.predictions.tolist(), strict=True)
    }


def labels(result: Reading) -> list:
    names = [*result.bundle.classes, None]
    return [names[code] for code in result.bundle.labels.tolist()]


def right(result: Reading) -> list:
    return result.bundle.grades.tolist()


def said(result: Reading, text: str) -> bool:
    return any(text in note for note in result.notes)


def generated(number: int, answer: str, match: float, **more) -> dict:
    return {
        "doc_id": number,
        "doc": {"question": f"How many? {number}", "answer": f"So ... #### {number}"},
        "target": f"Add them up.\n#### {number}",
        "arguments": {"gen_args_0": {"arg_0": "Q", "arg_1": {"until": ["\n"]}}},
        "resps": [[f"I think {answer}"]],
        "filtered_resps": [answer],
        "filter": "strict-match",
        "metrics": ["exact_match"],
        "doc_hash": "d",
        "prompt_hash": "p",
        "target_hash": "t",
        "exact_match": match,
        **more,
    }


def choice(number: int, likelihoods: list, acc: float, acc_norm: float, **more) -> dict:
    pairs = [[str(one), "False"] for one in likelihoods]
    return {
        "doc_id": number,
        "doc": {"question": "?", "choices": ["a", "b"], "subject": "law"},
        "target": "1",
        "arguments": {
            f"gen_args_{i}": {"arg_0": "Q", "arg_1": f" {text}"} for i, text in enumerate("ab")
        },
        "resps": [[pair] for pair in pairs],
        "filtered_resps": pairs,
        "filter": "none",
        "metrics": ["acc", "acc_norm"],
        "acc": acc,
        "acc_norm": acc_norm,
        **more,
    }


def test_a_harness_log_of_texts():
    name = f"org__model/samples_gsm8k_{DATE}.jsonl"
    result = load({name: lines([generated(0, "0", 1.0), generated(1, "[invalid]", 0.0)])})
    assert answers(result) == {"org__model": {"0": "0", "1": "[invalid]"}}
    assert labels(result) == ["0", "1"]
    assert right(result) == [[1, 0]]
    assert result.bundle.attributes["doc.question"].tolist() == ["How many? 0", "How many? 1"]
    assert (
        f"{name}: lm-evaluation-harness log; the sample id is doc_id, the answer the first of "
        "filtered_resps, right or wrong is exact_match." in result.notes
    )
    assert said(result, "it is called 'org__model' after the folder")
    assert said(result, "the label is what stands behind #### in target")
    assert said(result, "--missing-marker '[invalid]' reads it as missing")


def test_a_harness_log_of_choices_and_its_other_measure():
    records = [choice(0, [-3.5, -1.0], 1.0, 0.0), choice(1, [-0.5, -9.25], 0.0, 1.0)]
    log = {"llama.jsonl": lines(records)}
    result = load(log)
    assert answers(result) == {"llama": {"0": "1", "1": "0"}}
    assert labels(result) == ["1", "1"]
    assert right(result) == [[1, 0]]
    assert "acc_norm" not in result.bundle.attributes
    assert result.bundle.groups["doc.subject"].levels == ("law",)
    assert said(result, "right or wrong is acc; 'acc_norm' can be taken instead")
    other = load(log, columns={"correct": "acc_norm"})
    assert right(other) == [[0, 1]]
    assert set(other.bundle.attributes) == {"doc.question", "doc.subject"}
    grouped = load(log, columns={"group": "acc_norm"})
    assert grouped.bundle.attributes["acc_norm"].tolist() == [0, 1]
    assert right(load(log, columns={"score": "acc_norm"})) == [[0, 1]]
    assert right(load(log, columns={"correct": "llama.jsonl:acc_norm"})) == [[0, 1]]


def test_a_harness_target_that_is_the_text_of_a_choice_becomes_its_position():
    result = load({"m.jsonl": lines([choice(0, [-1.0, -2.0], 0.0, 0.0, target="b")])})
    assert labels(result) == ["1"]


def test_of_several_harness_filters_the_first_is_taken_and_the_other_can_be():
    flexible = {"filter": "flexible-extract"}
    records = [
        generated(0, "[invalid]", 0.0),
        generated(1, "1", 1.0),
        generated(0, "0", 1.0, **flexible),
        generated(1, "7", 0.0, **flexible),
    ]
    result = load({"m.jsonl": lines(records)})
    assert answers(result) == {"m": {"0": "[invalid]", "1": "1"}}
    assert right(result) == [[0, 1]]
    assert set(result.bundle.attributes) == {"doc.question", "doc.answer"}
    assert said(result, "2 times, once per filter; 'strict-match' is taken")
    other = load(
        {"m.jsonl": lines(records)},
        columns={
            "prediction": "prediction (flexible-extract)",
            "correct": "exact_match (flexible-extract)",
        },
    )
    assert answers(other) == {"m": {"0": "0", "1": "7"}}
    assert set(other.bundle.attributes) == {"doc.question", "doc.answer"}
    assert right(other) == [[1, 0]]


def test_older_harness_logs_repeat_samples_without_naming_the_filter():
    records = [generated(0, "x", 0.0), generated(1, "1", 1.0), generated(0, "0", 1.0)]
    records.append(generated(1, "1", 1.0))
    for record in records:
        for name in ("filter", "metrics"):
            del record[name]
    result = load({"m.json": records})
    assert answers(result) == {"m": {"0": "x", "1": "1"}}
    assert said(result, "'filter 1' is taken")


def test_the_summary_of_the_same_harness_run_names_the_model():
    summary = {
        "results": {"gsm8k": {"exact_match,strict-match": 1.0}},
        "config": {"model": "hf", "model_args": "pretrained=org/model,dtype=auto"},
    }
    files = {
        f"samples_gsm8k_{DATE}.jsonl": lines([generated(0, "0", 1.0)]),
        f"results_{DATE}.json": summary,
    }
    result = load(files)
    assert result.bundle.models == ("org/model",)
    assert said(result, f"the model is 'org/model', as results_{DATE}.json says")
    files[f"results_{DATE}.json"] = {**summary, "model_name": "org/named"}
    assert load(files).bundle.models == ("org/named",)
    later = DATE.replace("2025", "2026")
    files[f"samples_gsm8k_{later}.jsonl"] = lines([generated(0, "5", 0.0)])
    files[f"results_{later}.json"] = {**summary, "model_name": "org/later"}
    assert answers(load(files)) == {"org/named": {"0": "0"}, "org/later": {"0": "5"}}
    assert "is a summary of lm-evaluation-harness without answers" in problem(
        {f"results_{DATE}.json": summary}
    )


def test_harness_logs_of_two_tasks_keep_their_samples_apart():
    result = load(
        {
            f"a/samples_gsm8k_{DATE}.jsonl": lines([generated(0, "0", 1.0)]),
            f"a/samples_law_{DATE}.jsonl": lines([choice(0, [-1.0, -2.0], 0.0, 0.0)]),
        }
    )
    assert answers(result) == {"a": {"gsm8k/0": "0", "law/0": "0"}}
    assert said(result, "logs of 2 tasks ('gsm8k', 'law')")


def test_a_whole_harness_result_with_samples_by_task():
    value = {
        "results": {},
        "config": {"model_args": {"pretrained": "org/m"}},
        "samples": {"gsm8k": [generated(0, "0", 1.0)]},
    }
    assert answers(load({"out.json": value})) == {"org/m": {"0": "0"}}


def test_harness_logs_that_cannot_be_used():
    record = generated(0, "0", 1.0)
    del record["doc_id"]
    result = read([Source("m.jsonl", lines([generated(1, "1", 1.0), record]))])
    assert result.problems[0].startswith("m.jsonl, line 2: the field 'doc_id' holds nothing")
    rolling = {
        "doc_id": 0,
        "target": "text",
        "filtered_resps": [["-9.1", "False"]],
        "word_perplexity": [-9.1, 4],
    }
    assert "without answers or grades from 0 to 1 (its measures are 'word_perplexity')" in problem(
        {"m.json": [rolling]}
    )


def sample(number: int, answer: str, value, **more) -> dict:
    return {
        "id": number,
        "epoch": 1,
        "input": f"Question {number}",
        "target": "A",
        "output": {
            "model": "m",
            "choices": [{"message": {"role": "assistant", "content": f"It is {answer}"}}],
            "completion": f"It is {answer}",
        },
        "scores": {"choice": {"value": value, "answer": answer, "explanation": "..."}},
        "metadata": {"topic": "law"},
        **more,
    }


def evaluation(samples: list, **more) -> dict:
    spec = {"model": "openai/gpt", "task": "arc", "dataset": {"name": "arc"}}
    return {"version": 2, "status": "success", "eval": spec, "samples": samples, **more}


def test_an_inspect_log():
    result = load({"log.json": evaluation([sample(1, "A", "C"), sample(2, "B", "I")])})
    assert answers(result) == {"openai/gpt": {"1": "A", "2": "B"}}
    assert labels(result) == ["A", "A"]
    assert right(result) == [[1, 0]]
    assert result.bundle.attributes["text"].tolist() == ["Question 1", "Question 2"]
    assert result.bundle.attributes["metadata.topic"].tolist() == ["law", "law"]
    assert (
        "log.json: Inspect log of 'openai/gpt'; the sample id is id, the label is target, the "
        "answer is the one that choice read from the output, right or wrong is choice."
        in result.notes
    )


def test_space_around_labels_and_answers_of_logs_does_not_count():
    log = evaluation([sample(1, "A ", "C", target=" A"), sample(2, "B", "I")])
    result = load({"log.json": log})
    assert answers(result) == {"openai/gpt": {"1": "A", "2": "B"}}
    assert labels(result) == ["A", "A"]
    assert said(result, "the space around labels and answers is left out (2 texts changed)")


def test_inspect_epochs_are_runs_and_partly_right_is_a_score():
    samples = [sample(1, "A", "C"), sample(1, "B", "P", epoch=2), sample(1, "C", "N", epoch=3)]
    result = load({"log.json": evaluation(samples)})
    assert result.bundle.models == tuple(f"openai/gpt (run {run})" for run in "123")
    assert right(result) == [[1], [0], [0]]
    assert said(result, "P (partly right) is read as a score of 0.5, N (no answer) as 0")
    assert said(result, "the run is epoch")


def test_inspect_scorers_that_give_parts_or_whole_outputs():
    first = sample(1, "A", "C", target=["A", "B"], input=[{"role": "user", "content": "Why?"}])
    first["scores"] = {"judge": {"value": {"style": 4, "fact": 1}}, "match": {"value": True}}
    first["output"]["completion"] = ""
    first["output"]["choices"][0]["message"]["content"] = [
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "text", "text": "A!"},
    ]
    result = load({"log.json": evaluation([first], status="cancelled")})
    assert answers(result) == {"openai/gpt": {"1": "A!"}}
    assert labels(result) == ["A"]
    assert right(result) == [[1]]
    assert result.bundle.attributes["text"].tolist() == ["Why?"]
    assert said(result, "right or wrong is match; 'judge.fact' can be taken instead")
    assert said(result, "the scores of 'judge.style' are not numbers from 0 to 1")
    assert said(result, "1 sample with several right answers")
    assert said(result, "the status of the run is 'cancelled'")


def archive(log: dict, header: str, method: int = 8) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED if method == 8 else 0) as packed:
        described = {k: v for k, v in log.items() if k not in ("samples", "status")}
        if header == "header.json":
            described["status"] = log["status"]
        packed.writestr(header, json.dumps(described))
        for one in log["samples"]:
            packed.writestr(f"samples/{one['id']}_epoch_1.json", json.dumps(one))
        packed.writestr("summaries.json", "[]")
    content = stream.getvalue()
    if method != 8:
        code = method.to_bytes(2, "little")
        for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            pieces = content.split(mark)
            rest = [one[: place - 4] + code + one[place - 2 :] for one in pieces[1:]]
            content = mark.join([pieces[0], *rest])
    return content


def test_an_inspect_archive_is_the_log_that_it_holds():
    log = evaluation([sample(1, "A", "C"), sample(2, "B", "I")])
    packed = load({"log.eval": archive(log, "header.json")})
    assert packed.bundle.fingerprint == load({"log.json": log}).bundle.fingerprint
    running = load({"log.eval": archive(log, "_journal/start.json")})
    assert running.bundle.fingerprint == packed.bundle.fingerprint
    assert said(running, "the status of the run is 'started'")
    zstd = read([Source("log.eval", archive(log, "header.json", method=93))])
    assert zstd.problems[0].startswith("log.eval is an Inspect archive that is packed with zstd")


def test_an_inspect_log_without_samples():
    assert "log.json is an Inspect log without samples" in problem({"log.json": evaluation([])})


def state(name: str, text: str, right: str = "Paris", **more) -> dict:
    return {
        "instance": {
            "id": name,
            "split": "test",
            "input": {"text": f"Capital? {name}"},
            "references": [
                {"output": {"text": "Rome"}, "tags": []},
                {"output": {"text": right}, "tags": ["correct"]},
            ],
        },
        "train_trial_index": 0,
        "request": {"prompt": "..."},
        "result": {"success": True, "completions": [{"text": text, "logprob": -1.0}]},
        **more,
    }


def stats(name: str, match: float, **more) -> dict:
    return {
        "instance_id": name,
        "train_trial_index": 0,
        "stats": [
            {"name": {"name": "num_bytes", "split": "test"}, "count": 1, "sum": 9, "mean": 9.0},
            {"name": {"name": "exact_match", "split": "test"}, "count": 1, "mean": match},
        ],
        **more,
    }


RUN = "qa:model=openai_gpt"
STATE = {
    "adapter_spec": {"method": "generation", "model": "openai/gpt"},
    "request_states": [state("id1", " Paris "), state("id2", "Lyon")],
}


def test_a_helm_run_of_three_files_is_joined_by_instance():
    shown = [
        {"instance_id": "id2", "train_trial_index": 0, "predicted_text": " Lyon", "stats": {}},
        {
            "instance_id": "id1",
            "train_trial_index": 0,
            "predicted_text": " B",
            "mapped_output": "Paris",
            "stats": {"exact_match": 1.0},
        },
    ]
    changed = stats("id1", 0.0, perturbation={"name": "typos"})
    result = load(
        {
            f"{RUN}/per_instance_stats.json": [changed, stats("id2", 0.0), stats("id1", 1.0)],
            f"{RUN}/scenario_state.json": STATE,
            f"{RUN}/display_predictions.json": shown,
        }
    )
    assert answers(result) == {"openai/gpt": {"id1": "Paris", "id2": "Lyon"}}
    assert labels(result) == ["Paris", "Paris"]
    assert right(result) == [[1, 0]]
    assert result.bundle.attributes["text"].tolist() == ["Capital? id1", "Capital? id2"]
    assert said(result, "belong to one HELM run and are joined by instance")
    assert said(result, "1 record of perturbed instances is not read")


def test_helm_answers_that_the_joined_file_does_not_have_are_kept():
    shown = [{"instance_id": "id1", "predicted_text": "Rome", "stats": {}}]
    result = load({f"{RUN}/scenario_state.json": STATE, f"{RUN}/display_predictions.json": shown})
    assert answers(result) == {"openai/gpt": {"id1": "Rome", "id2": "Lyon"}}
    assert said(
        result,
        f"{RUN}/display_predictions.json: 1 instance of {RUN}/scenario_state.json is not there; "
        f"its answer is the one of {RUN}/scenario_state.json.",
    )


def test_helm_files_of_one_trial_and_of_several_are_joined_by_trial():
    states = [state("id1", "Paris"), state("id1", "Lyon", train_trial_index=1)]
    shown = [
        {"instance_id": "id1", "train_trial_index": 1, "predicted_text": "Rome", "stats": {}},
    ]
    files = {
        f"{RUN}/scenario_state.json": {**STATE, "request_states": states},
        f"{RUN}/display_predictions.json": shown,
    }
    result = load(files)
    names = result.bundle.classes
    assert [names[code] for code in result.bundle.predictions.flatten().tolist()] == [
        "Paris",
        "Rome",
    ]
    files[f"{RUN}/scenario_state.json"]["request_states"] = states[1:]
    assert answers(load(files)) == {"openai/gpt": {"id1": "Rome"}}
    files[f"{RUN}/scenario_state.json"]["request_states"] = states[:1]
    result = load(files)
    assert answers(result) == {"openai/gpt": {"id1": "Paris"}}
    assert said(
        result,
        f"{RUN}/display_predictions.json: 1 instance that {RUN}/scenario_state.json does not have "
        "is not read.",
    )


def test_each_helm_file_alone():
    alone = load({"scenario_state.json": STATE})
    assert answers(alone) == {"openai/gpt": {"id1": "Paris", "id2": "Lyon"}}
    assert right(alone) == [[1, 0]]
    graded = load({f"{RUN}/per_instance_stats.json": [stats("id1", 1.0), stats("id2", 0.0)]})
    assert graded.bundle.models == ("openai_gpt",)
    assert right(graded) == [[1, 0]]


def test_helm_choices_by_letter_by_likelihood_and_in_older_files():
    lettered = state("id1", " B", output_mapping={"A": "Rome", "B": "Paris"})
    spec = {"method": "multiple_choice_joint", "model": "m"}
    joint = load({"s.json": {"adapter_spec": spec, "request_states": [lettered]}})
    assert answers(joint) == {"m": {"id1": "Paris"}}
    separate = [state("id1", "..", reference_index=index) for index in (0, 1)]
    separate[0]["result"]["completions"][0]["logprob"] = -0.5
    spec = {"method": "multiple_choice_separate_original", "model": "m"}
    likely = load({"s.json": {"adapter_spec": spec, "request_states": separate}})
    assert answers(likely) == {"m": {"id1": "Rome"}}
    older = state("id1", "Rome")
    older["instance"]["input"] = "Capital?"
    older["instance"]["references"] = [{"output": "Rome", "tags": ["correct"]}]
    spec = {"method": "generation", "model": "m"}
    old = load({"s.json": {"adapter_spec": spec, "request_states": [older]}})
    assert labels(old) == ["Rome"]
    spec = {"method": "multiple_choice_separate_calibrated", "model": "m"}
    assert "compares calibrated log-probabilities" in problem(
        {"s.json": {"adapter_spec": spec, "request_states": separate}}
    )


def test_two_helm_runs_in_one_place_cannot_be_told_apart():
    text = problem({"a.json": STATE, "b.json": STATE})
    assert text.startswith("a.json and b.json are the same kind of HELM file")
    assert "without a measure from 0 to 1" in problem(
        {"stats.json": [{"instance_id": "id1", "stats": []}]}
    )


def zero(number: int, answer: str, label: str = "# 18", **more) -> dict:
    text = json.dumps({"reasoning": "...", "answer": answer})
    return {
        "session_id": f"q#{number}",
        "id": f"q#{number}",
        "chat_history": ["..."],
        "output": [f"```json\n{text}\n```"],
        "generator": "openai/gpt",
        "question": f"Why {number}?",
        "answer": label,
        **more,
    }


def test_zero_eval_results_are_read_as_numbers():
    written = ["$18", "18.00", "1,018 feet", "none"]
    records = [zero(i, answer) for i, answer in enumerate(written)]
    records.append(zero(4, "", output=['{"reasoning": "cut, "answer": "18"']))
    records.append(zero(5, "", output=["I do not know", "18"]))
    result = load({"gpt.json": records})
    assert list(answers(result)["gpt"].values()) == ["18", "18", "1018", None, "18", None]
    assert labels(result) == ["18"] * 6
    assert result.bundle.attributes["text"].tolist()[0] == "Why 0?"
    assert said(result, "the model's name is the file's (the field generator says 'openai/gpt')")
    assert said(result, "brought into one form; 3 texts changed")
    assert said(result, "1 answer without any digit is read as missing")
    assert said(result, "1 output without a field 'answer' (first: record 6); read as missing")
    assert said(result, "1 record with several outputs; the first is taken")


def test_attributes_come_from_the_log_with_the_most_samples():
    files = {"a.json": [zero(0, "18")], "b.json": [zero(0, "18"), zero(1, "18")]}
    result = load(files)
    assert result.bundle.models == ("a", "b")
    assert result.bundle.attributes["text"].tolist() == ["Why 0?", "Why 1?"]


def test_zero_eval_answers_beside_labels_that_are_words_stay_as_they_are():
    result = load({"gpt.json": [zero(0, "$18 B", "B"), zero(1, "B", "B")]})
    assert list(answers(result)["gpt"].values()) == ["$18 B", "B"]
    assert not said(result, "brought into one form")


def test_zero_eval_results_that_are_damaged():
    assert "gpt.json, record 2: the field 'id' holds nothing" in problem(
        {"gpt.json": [zero(0, "1"), zero(1, "1", id=None)]}
    )
    assert "gpt.json, record 2: the field 'output' holds no list of texts" in problem(
        {"gpt.json": [zero(0, "1"), zero(1, "1", output=[{"text": "1"}])]}
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("18", "18"),
        ("$1,234.50 per day", "1234.5"),
        ("18.00", "18"),
        ("-2.50", "-2.5"),
        ("6 + 7 = 13", "6"),
        ("-x + 5", "5"),
        (".416", "0.416"),
        ("007", "7"),
        ("-0", "0"),
        ("0.0", "0"),
        ("8/3", "2.6666666666666665"),
        ("1/0", "1"),
        ('"45"', "45"),
        ("none", ""),
        ("", ""),
    ],
)
def test_numbers_are_brought_into_one_form(text, number):
    assert canonical_number(text) == number


MODELS = ("gemini-1.5-flash-exp-0827", "gpt-3.5-turbo-0125", "gpt-4o-mini-2024-07-18")


def published() -> tuple[dict, dict]:
    """Answers by model and number of the sample, and how many are right."""
    folder = real("gsm_llms")
    rows = [line.split(",") for line in (folder / "predictions.csv").read_text().splitlines()]
    given = {
        model: {
            int(one.rsplit("-", 1)[1]): answer or None
            for one, name, answer in rows[1:]
            if name == model
        }
        for model in MODELS
    }
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    partial = expected["partial_models_excluded_from_joint_figures"]
    return given, {name: (expected["per_model"] | partial)[name]["n_right"] for name in MODELS}


@pytest.mark.parametrize("names", [MODELS, *((name,) for name in MODELS)])
def test_the_real_zero_eval_files_give_the_published_answers(names):
    given, counts = published()
    result = read([real("gsm_llms") / "original" / f"{name}.json" for name in names])
    assert not result.problems
    assert result.bundle.models == names
    for model, correct in zip(names, result.bundle.correct, strict=True):
        assert int(correct.sum()) == counts[model]
    for model, found in answers(result).items():
        by_number = {int(name.rsplit("#", 1)[1]): answer for name, answer in found.items()}
        assert {k: v for k, v in by_number.items() if k in given[model]} == given[model]
        assert all(by_number[k] is None for k in by_number if k not in given[model])


JUNK = [None, True, 3, -0.5, "x", "", [], {}, [[]], [None], [{}], {"a": []}, [["x", "True"]]]
EXAMPLES = {
    "samples_a_2025-01-02T03.jsonl": [generated(0, "0", 1.0), choice(1, [-1.0, -2.0], 1.0, 1.0)],
    "choices.jsonl": [choice(0, [-1.0, -2.0], 1.0, 1.0), choice(1, [-1.0, -2.0], 1.0, 1.0)],
    "results_2025-01-02T03.json": {"results": {}, "config": {"model_args": "model=a"}},
    "whole.json": {"results": {}, "config": {}, "samples": {"t": [generated(0, "0", 1.0)]}},
    "log.json": evaluation([sample(1, "A", "C"), sample(2, "B", "I")]),
    "scenario_state.json": STATE,
    "separate.json": {
        "adapter_spec": {"method": "multiple_choice_separate_original", "model": "m"},
        "request_states": [state("id1", "..", reference_index=index) for index in (0, 1)],
    },
    "per_instance_stats.json": [stats("id1", 1.0), stats("id2", 0.0)],
    "display_predictions.json": [
        {"instance_id": "id2", "train_trial_index": 0, "predicted_text": "a", "stats": {"em": 1}}
    ],
    "gpt.json": [zero(0, "18"), zero(1, "20")],
}


def places(value, path=()) -> list[tuple]:
    """The path of every value inside a value."""
    if not isinstance(value, dict | list):
        return [path]
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(place for name, one in inside for place in places(one, (*path, name)))]


def harmed(value, path: tuple, junk):
    """A copy with the value at a path replaced."""
    value = json.loads(json.dumps(value))
    if not path:
        return junk
    inner = value
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = junk
    return value


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_log_with_anything_in_any_place_is_read_or_refused_with_a_sentence(name):
    for path in places(EXAMPLES[name]):
        for junk in JUNK:
            value = harmed(EXAMPLES[name], path, junk)
            by_line = name.endswith("l") and isinstance(value, list)
            content = lines(value) if by_line else json.dumps(value).encode()
            result = read([Source(name, content)])
            assert result.problems or result.bundle
            assert all(len(text) < 600 for text in result.problems)


@pytest.mark.parametrize(
    "name",
    ["llama.jsonl", "log.json", "scenario_state.json", "gpt.json", "log.eval", "two.jsonl"],
)
def test_a_log_is_the_same_by_upload_command_line_and_notebook(name, tmp_path, capsys):
    content = {
        "llama.jsonl": lines([choice(0, [-3.5, -1.0], 1.0, 0.0), choice(1, [-0.5, -9.25], 0, 1)]),
        "log.json": json.dumps(EXAMPLES["log.json"]).encode(),
        "scenario_state.json": json.dumps(STATE).encode(),
        "gpt.json": json.dumps(EXAMPLES["gpt.json"]).encode(),
        "log.eval": archive(EXAMPLES["log.json"], "header.json"),
        "two.jsonl": lines(
            [
                {"id": 1, "label": "x", "answers": {"a": "x", "b": "y"}},
                {"id": 2, "label": "y", "answers": {"a": "y", "b": None}},
            ]
        ),
    }[name]
    path = tmp_path / name
    path.write_bytes(content)
    uploaded = load({name: content}).bundle.fingerprint
    assert load_bundle(path).fingerprint == uploaded
    assert main(["analyze", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["bundle"]["fingerprint"] == uploaded


def test_a_folder_and_a_zip_of_logs(tmp_path):
    folder = tmp_path / "org__model"
    folder.mkdir()
    content = lines([generated(0, "0", 1.0), generated(1, "1", 1.0)])
    (folder / f"samples_gsm8k_{DATE}.jsonl").write_bytes(content)
    (folder / "notes.txt").write_text("x")
    result = read([folder])
    assert result.bundle.models == ("org__model",)
    assert said(result, "org__model: 'notes.txt' is not read")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("run/scenario_state.json", json.dumps(STATE))
        packed.writestr("run/per_instance_stats.json", json.dumps([stats("id1", 0.0)]))
    joined = load({"run.zip": stream.getvalue()})
    assert right(joined) == [[0, 0]]
