"""A UMAP in a process of its own: the pages stay free, and to cancel it is to end the process.

`python -m dashboard.map_process` reads the embeddings from its input: a line with N and D, then
float32 values. It writes lines with the share that is done, and at last MAP and the float32 [N, 2].
It leaves no file, and ends with the process that started it, which closes its input.
"""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

POLL = 0.2  # seconds after which a stop is noticed
MAP, PROBLEM = b"map\n", b"problem "


def umap_apart(embeddings: np.ndarray, report: Callable[[float], None]) -> np.ndarray:
    """A map of samples, as `analysis.projection.umap_map` makes it.

    Args:
        embeddings: float [N, D].
        report: told the share that is done, several times a second; what it raises ends the work.

    Returns:
        float32 [N, 2].

    Raises:
        RuntimeError: the process ended without a map.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard.map_process"],
        cwd=Path(__file__).resolve().parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    told: queue.Queue[bytes] = queue.Queue()
    talk = threading.Thread(target=_talk, args=(process, embeddings, told), daemon=True)
    talk.start()
    share, line = 0.0, b""
    try:
        while line != MAP:
            report(share)
            try:
                line = told.get(timeout=POLL)
            except queue.Empty:
                continue
            if not line or line.startswith(PROBLEM):
                why = line.removeprefix(PROBLEM).decode(errors="replace").strip()
                raise RuntimeError(why or "the process that made it was ended")
            share = share if line == MAP else float(line)
        return np.frombuffer(told.get(), dtype=np.float32).reshape(-1, 2)
    finally:
        process.kill()
        talk.join()
        process.wait()


def _talk(process: subprocess.Popen, embeddings: np.ndarray, told: queue.Queue) -> None:
    """Hand over the embeddings and pass on every line, the map, and nothing at the end."""
    try:
        rows = np.ascontiguousarray(embeddings, dtype=np.float32)
        process.stdin.write(b"%d %d\n" % rows.shape)
        process.stdin.write(memoryview(rows).cast("B"))
        process.stdin.flush()
        for line in process.stdout:
            told.put(line)
            if line == MAP:
                told.put(process.stdout.read(8 * len(rows)))
    except OSError:  # it was ended
        pass
    told.put(b"")


def main() -> None:
    """Read embeddings, write shares and the map."""
    source, out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    samples, size = map(int, source.readline().split())
    values = np.frombuffer(source.read(4 * samples * size), dtype=np.float32)
    threading.Thread(target=_end_with, args=(source,), daemon=True).start()

    def tell(line: bytes) -> None:
        out.write(line)
        out.flush()

    try:
        import torch

        from analysis.projection import umap_map

        embeddings = torch.tensor(values.reshape(samples, size))
        found = umap_map(embeddings, progress=lambda share: tell(b"%f\n" % share))
        tell(MAP + found.numpy().tobytes())
    except Exception as problem:  # told to the page, nobody looks here
        first = next(iter(str(problem).splitlines()), "")
        tell(PROBLEM + f"{type(problem).__name__}: {first}\n".encode())


def _end_with(source) -> None:
    """Whoever waits for the map is gone when the input is closed."""
    source.read(1)
    os._exit(1)


if __name__ == "__main__":
    os.nice(5) if hasattr(os, "nice") else None
    main()
