"""A cluster counts what one process counts, also when it loses a worker."""

import os
import signal
import socket
import threading
import time

import numpy as np
import pytest
import torch
from made import CANNOT, random_bundle

from analysis.bundle import Bundle, BundleError
from analysis.catalog import CATALOG
from analysis.cluster import connect, tally_on
from analysis.stored import FileArray, StoredArray
from analysis.tally import tally

distributed = pytest.importorskip("distributed", reason=f"{CANNOT} distributed")
NEEDS = {name for measure in CATALOG.values() for name in measure.needs}
NEEDS -= {"group_right", "group_graded"}
MODELS, SAMPLES, CLASSES = 10, 10_000, 50


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with connect(cluster.scheduler_address) as client:
        yield client


def stored_bundle(folder) -> Bundle:
    """Probabilities in one file, large enough that counting takes seconds."""
    random = np.random.default_rng(0)
    values = random.random((MODELS, SAMPLES, CLASSES), dtype=np.float32) ** 6
    values /= values.sum(2, keepdims=True)
    np.save(folder / "all.npy", values)
    whole = FileArray(str(folder / "all.npy"), 128, values.shape, "<f4")
    predictions = torch.from_numpy(values.argmax(2).astype(np.int32))
    predictions[0, :100] = -1
    return Bundle(
        models=tuple(f"m{row}" for row in range(MODELS)),
        ids=tuple(map(str, range(SAMPLES))),
        classes=tuple(map(str, range(CLASSES))),
        predictions=predictions,
        labels=torch.from_numpy(random.integers(0, CLASSES, SAMPLES).astype(np.int32)),
        probabilities={f"m{row}": StoredArray(whole.part(row, 0)) for row in range(MODELS)},
        fingerprint="made",
    )


def same(found, expected, *, to_the_bit):
    assert found.sums.keys() == expected.sums.keys()
    for name, sums in expected.sums.items():
        assert found[name].dtype == sums.dtype
        if to_the_bit or sums.dtype == torch.int64:
            assert torch.equal(found[name], sums), name
        else:
            torch.testing.assert_close(found[name], sums, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("missing", ["exclude", "wrong"])
def test_partitions_add_up_to_the_tally_of_the_whole(client, missing):
    bundle = random_bundle(6, 500, 5, gaps=0.1)
    expected = tally(bundle, NEEDS, groups=("region",), missing=missing)
    for partitions in (None, 1, 7):
        found = tally_on(
            client, bundle, NEEDS, groups=("region",), missing=missing, partitions=partitions
        )
        same(found, expected, to_the_bit=False)


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(client, tmp_path):
    bundle = stored_bundle(tmp_path)
    expected = tally_on(client, bundle, NEEDS, partitions=16)
    same(expected, tally(bundle, NEEDS), to_the_bit=False)
    pids, killed, over = client.run(os.getpid), [], threading.Event()

    def kill():
        while not over.is_set() and not killed:
            time.sleep(0.02)
            for address, keys in client.processing().items():
                if keys and len(client.has_what().get(address, ())) >= 1:
                    os.kill(pids[address], signal.SIGKILL)
                    killed.append(address)
                    break

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        found = tally_on(client, bundle, NEEDS, partitions=16)
    finally:
        over.set()
        killer.join()
    assert killed, "the work was over before a worker could be killed"
    assert killed[0] not in client.run(os.getpid)
    same(found, expected, to_the_bit=True)


def test_a_worker_that_cannot_find_the_file_is_a_sentence(client, tmp_path):
    bundle = stored_bundle(tmp_path)
    (tmp_path / "all.npy").rename(tmp_path / "elsewhere.npy")
    with pytest.raises(BundleError, match="on a cluster lie there for every worker"):
        tally_on(client, bundle, ("js_sum",), partitions=2)


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:{port}", "http://127.0.0.1:80"])
def test_a_scheduler_that_is_not_there_is_a_sentence_within_seconds(address):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    start = time.monotonic()
    with pytest.raises(BundleError, match=r"No Dask scheduler answers at .*'dask scheduler'"):
        connect(address.format(port=port))
    assert time.monotonic() - start < 8


def test_a_scheduler_without_workers_is_a_sentence():
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(BundleError, match="has no worker; start some with 'dask worker"),
    ):
        connect(empty.scheduler_address)
