"""Every form of input as files in memory, for the tests that take each through all ways in."""

import csv
import gzip
import io
import json
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
from array_files import npz, safetensors

SAMPLES = b"sample_id,label,site\n1,x,north\n2,y,north\n3,y,south\n"
ROWS = [
    {"sample_id": "1", "model": "a", "prediction": "x"},
    {"sample_id": "2", "model": "a", "prediction": "y"},
    {"sample_id": "3", "model": "a", "prediction": "x"},
    {"sample_id": "1", "model": "b", "prediction": "x"},
    {"sample_id": "2", "model": "b", "prediction": "x"},
    {"sample_id": "3", "model": "b", "prediction": None},
]
ANSWERS = {"a": {"1": "x", "2": "y", "3": "x"}, "b": {"1": "x", "2": "x", "3": None}}
P = {
    "a": np.array([[0.75, 0.25], [0.25, 0.75], [0.5, 0.5]], dtype=np.float32),
    "b": np.array([[0.125, 0.875], [0.5, 0.5], [1.0, 0.0]], dtype=np.float32),
}


def text(rows: list[dict], separator: str = ",") -> bytes:
    """Separated text; None is an empty cell."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), delimiter=separator, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def columns(rows: list[dict]) -> dict[str, list]:
    """Lists by column name."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def parquet(values: dict) -> bytes:
    """A Parquet file."""
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table(values), stream)
    return stream.getvalue()


def feather(values: dict) -> bytes:
    """A Feather (Arrow) file."""
    stream = io.BytesIO()
    pa.feather.write_feather(pa.table(values), stream, compression="zstd")
    return stream.getvalue()


def arrow_stream(values: dict) -> bytes:
    """An Arrow stream."""
    table, stream = pa.table(values), io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def lines(records: list) -> bytes:
    """JSON Lines."""
    return "\n".join(json.dumps(record) for record in records).encode()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def dataset(values: dict) -> bytes:
    """A zip of the folder that Hugging Face `datasets` saves."""
    features = {name: {"dtype": "string", "_type": "Value"} for name in values}
    return zipped(
        {
            "saved/data-00000-of-00001.arrow": arrow_stream(values),
            "saved/state.json": json.dumps(
                {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
            ).encode(),
            "saved/dataset_info.json": json.dumps({"features": features}).encode(),
        }
    )


def npy(values: np.ndarray) -> bytes:
    """An NPY file."""
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


WIDE = [
    {"sample_id": str(i), "label": label, "a": ANSWERS["a"][str(i)], "b": ANSWERS["b"][str(i)]}
    for i, label in enumerate("xyy", 1)
]
LONG = columns(ROWS)
CLASS_COLUMNS = [
    {"sample_id": str(i)}
    | {f"{m}__{c}": float(P[m][i - 1, j]) for m in P for j, c in enumerate("xy")}
    for i in (1, 2, 3)
]


def classes_of(model: str) -> list[dict]:
    """One row per sample, one column per class."""
    return [
        {"sample_id": str(i), "y": float(P[model][i - 1, 1]), "x": float(P[model][i - 1, 0])}
        for i in (3, 1, 2)
    ]


# The same answers in every form; the samples stand beside them in samples.csv.
SAME_ANSWERS = {
    "CSV": {"runs.csv": text(ROWS)},
    "TSV": {"runs.tsv": text(ROWS, "\t")},
    "semicolons": {"runs.csv": text(ROWS, ";")},
    "bars": {"runs.txt": text(ROWS, "|")},
    "gzip": {"runs.csv.gz": gzip.compress(text(ROWS))},
    "zip of a bundle folder": {"bundle.zip": zipped({"predictions.csv": text(ROWS)})},
    "zip of loose files": {"bundle.zip": zipped({"out/runs.jsonl": lines(ROWS)})},
    "Parquet": {"runs.parquet": parquet(LONG)},
    "Feather": {"runs.feather": feather(LONG)},
    "Arrow stream": {"runs.arrow": arrow_stream(LONG)},
    "Hugging Face dataset": {"saved.zip": dataset(LONG)},
    "JSON records": {"runs.json": json.dumps(ROWS).encode()},
    "JSON Lines": {"runs.jsonl": lines(ROWS)},
    "JSON columns": {"runs.json": json.dumps(LONG).encode()},
    "JSON by model": {"runs.json": json.dumps(ANSWERS).encode()},
    "wide CSV": {"runs.csv": text([{k: row[k] for k in ("sample_id", "a", "b")} for row in WIDE])},
    "wide Parquet": {"runs.parquet": parquet(columns(WIDE))},
    "one CSV per model": {
        f"{model}.csv": text([{"sample_id": i, "prediction": p} for i, p in given.items()])
        for model, given in ANSWERS.items()
    },
    "one JSON per model": {
        f"{model}.json": json.dumps(given).encode() for model, given in ANSWERS.items()
    },
    "NPZ of answers": {
        "answers.npz": npz(
            predictions=np.array([[0, 1, 0], [0, 0, -1]]),
            models=np.array(["a", "b"]),
            ids=np.array(["1", "2", "3"]),
            classes=np.array(["x", "y"]),
        )
    },
}
# The same probabilities in every form.
SAME_PROBABILITIES = {
    "NPZ by model": {"probabilities.npz": npz(**P)},
    "NPZ of all models": {
        "p.npz": npz(probabilities=np.stack([*P.values()]), models=np.array([*P])),
    },
    "NPZ with ids, labels and classes": {
        "p.npz": npz(
            **P, ids=np.array([*"123"]), labels=np.array([*"xyy"]), classes=np.array([*"xy"])
        ),
    },
    "safetensors": {"p.safetensors": safetensors(**P)},
    "NPY by model": {
        "bundle.zip": zipped({f"probabilities/{m}.npy": npy(p) for m, p in P.items()})
    },
    "model__class columns": {"p.csv": text(CLASS_COLUMNS)},
    "model__class in Parquet": {
        "p.parquet": parquet(
            {
                name: values if name == "sample_id" else np.array(values, dtype=np.float32)
                for name, values in columns(CLASS_COLUMNS).items()
            }
        )
    },
    "one table of classes per model": {f"{m}.csv": text(classes_of(m)) for m in P},
    "long with class columns": {
        "p.jsonl": lines([{"model": m} | row for m in P for row in classes_of(m)])
    },
}
HARNESS = [
    {
        "doc_id": number,
        "doc": {"question": "How many?"},
        "target": str(number),
        "arguments": {"gen_args_0": {"arg_0": "Q"}},
        "resps": [[answer]],
        "filtered_resps": [answer],
        "filter": "none",
        "metrics": ["exact_match"],
        "exact_match": float(answer == str(number)),
    }
    for number, answer in ((0, "0"), (1, "7"))
]
INSPECT = {
    "version": 2,
    "status": "success",
    "eval": {"model": "openai/gpt", "task": "quiz", "dataset": {"name": "quiz"}},
    "samples": [
        {
            "id": number,
            "epoch": epoch,
            "input": "?",
            "target": "A",
            "output": {"model": "gpt", "completion": answer, "choices": []},
            "scores": {"match": {"value": "C" if answer == "A" else "I", "answer": answer}},
        }
        for number, epoch, answer in ((1, 1, "A"), (2, 1, "B"), (1, 2, "B"), (2, 2, "A"))
    ],
}
HELM = {
    "adapter_spec": {"method": "generation", "model": "org/model"},
    "request_states": [
        {
            "instance": {
                "id": f"id{number}",
                "input": {"text": "?"},
                "references": [{"output": {"text": "Paris"}, "tags": ["correct"]}],
            },
            "result": {"completions": [{"text": answer}]},
        }
        for number, answer in ((1, "Paris"), (2, "Rome"))
    ],
}
ZERO_EVAL = [
    {
        "session_id": f"q{number}",
        "chat_history": ["?"],
        "output": ['```json\n{"reasoning": "", "answer": "$18"}\n```'],
        "generator": "org/model",
        "id": f"q{number}",
        "answer": answer,
    }
    for number, answer in ((1, "# 18"), (2, "# 20"))
]
# Forms with a content of their own.
OTHERS = {
    "graded log": {"log.csv": b"sample_id,model,correct\n1,a,1\n2,a,0\n1,b,1\n2,b,1\n"},
    "scores": {"log.csv": b"sample_id,model,score\n1,a,1\n2,a,0.5\n1,b,1\n2,b,1\n"},
    "repeated answers": {
        "samples.csv": SAMPLES,
        "log.csv": b"sample_id,model,run,prediction\n1,a,1,x\n1,a,2,y\n2,a,1,y\n2,a,2,y\n",
    },
    "logits": {
        "samples.csv": SAMPLES,
        "probabilities.npz": npz(a=np.array([[2.0, -1.5], [0.5, 3.0], [-4.0, 2.5]])),
    },
    "lists of several values": {
        "samples.parquet": parquet(
            {
                "sample_id": ["1", "2"],
                "label": ["x", "y"],
                "skills": pa.array([["sum", "read"], ["read"]], pa.list_(pa.string())),
            }
        ),
        "runs.csv": b"sample_id,model,prediction\n1,a,x\n2,a,x\n",
    },
    "a bundle folder, zipped, with everything": {
        "bundle.zip": zipped(
            {
                "samples.csv": SAMPLES,
                "predictions.csv": text(ROWS),
                "models.csv": b"model,family,cost\na,north,1.5\nb,south,2\n",
                "embeddings.npy": npy(np.eye(3, dtype=np.float32)),
                "thumbnails.npy": npy(np.zeros((3, 2, 2, 3), dtype=np.uint8)),
            }
        )
    },
    "AutoGluon": {
        "samples.csv": SAMPLES,
        "LightGBM.csv": text(classes_of("a")),
        "leaderboard.csv": b"model,score_test,score_val,pred_time_test,fit_time\n"
        b"LightGBM,0.9,0.8,0.1,2.5\n",
    },
    "lm-evaluation-harness": {
        "samples_quiz_2025-01-02T03-04-05.678.jsonl": lines(HARNESS),
        "results_2025-01-02T03-04-05.678.json": json.dumps(
            {"results": {"quiz": {}}, "config": {"model": "hf"}, "model_name": "org/model"}
        ).encode(),
    },
    "Inspect": {"log.json": json.dumps(INSPECT).encode()},
    "HELM": {"scenario_state.json": json.dumps(HELM).encode()},
    "ZeroEval": {"gpt.json": json.dumps(ZERO_EVAL).encode()},
}
ACCURACIES = {
    "tidy": {"accuracy.csv": b"model,setting,accuracy,n\na,val,0.5,10\na,sketch,0.25,20\n"},
    "wide": {"wide.csv": b"model,val,sketch\na,50.5,25\nb,60,\n"},
    "Markdown": {"table.md": b"| Model | Acc |\n|---|---|\n| a | 90.5 |\n| b | 80 |\n"},
}
FORMS = {
    **{f"answers: {name}": {"samples.csv": SAMPLES} | f for name, f in SAME_ANSWERS.items()},
    **{
        f"probabilities: {name}": {"samples.csv": SAMPLES} | f
        for name, f in SAME_PROBABILITIES.items()
    },
    **OTHERS,
}
