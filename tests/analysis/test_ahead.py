"""Reading ahead: the order in which two streams wait for each other."""

from types import SimpleNamespace

import torch

from analysis.ahead import read_ahead


class Stream:
    """Notes what it is asked to wait for."""

    def __init__(self, log):
        self.log = log

    def wait_stream(self, other):
        self.log.append("aside waits")

    def wait_event(self, event):
        self.log.append("main waits")

    def record_event(self):
        return "sent"

    def __enter__(self):
        self.log.append("fetched")

    def __exit__(self, *_):
        pass


def test_every_chunk_is_fetched_after_what_the_main_stream_has_done(monkeypatch):
    log = []
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: Stream(log))
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: Stream(log))
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: stream)
    chunks = [SimpleNamespace(distributions=None) for _ in range(3)]
    assert list(read_ahead(iter(chunks), torch.device("cuda"))) == chunks
    of_aside = [entry for entry in log if entry != "main waits"]
    assert of_aside[:6] == ["aside waits", "fetched"] * 3
