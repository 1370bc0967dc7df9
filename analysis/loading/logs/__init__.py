"""Logs that evaluation tools leave on disk, recognised by content and read as long predictions."""

import re

from analysis.loading.json_text import Content
from analysis.loading.logs import harness, helm, inspect_eval, zero_eval
from analysis.loading.sources import File, Log
from analysis.loading.tables import Table

NAMES = re.compile(
    r"samples_.+\.jsonl|results_.+\.json|scenario_state\.json|per_instance_stats\.json|"
    r"display_predictions\.json"
)


def named_like_a_log(name: str) -> bool:
    """Whether a file in a folder is called as a tool calls its logs."""
    return NAMES.fullmatch(name) is not None


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
