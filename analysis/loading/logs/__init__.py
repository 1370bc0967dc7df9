"""Logs that evaluation tools leave on disk, recognised by content and read as long predictions."""

from analysis.loading.json_text import Content
from analysis.loading.logs import harness, helm, inspect_eval, zero_eval
from analysis.loading.sources import File, Log
from analysis.loading.tables import Table


def is_log(record: dict) -> bool:
    """Whether the first record of a file says that it is a known log."""
    return any(one.recognised([record], record) for one in (harness, helm, inspect_eval, zero_eval))


def read_log(file: File, content: Content, log: Log) -> list[Table] | None:
    """The tables of a known log, None when the content is none.

    Args:
        file: for messages and names.
        content: the parsed JSON.
        log: receives what was recognised and what was taken from where.

    Raises:
        RefusedError: a log is recognised but lacks what is needed.
    """
    value = content.value
    records = value if isinstance(value, list) else []
    first = records[0] if records and type(records[0]) is dict else {}
    for adapter in (harness, helm, inspect_eval, zero_eval):
        if adapter.recognised(value, first):
            return adapter.tables(file, content, log)
    return None
