"""Who holds what: the session that asks, and how many bytes a value takes."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch
from streamlit.runtime.scriptrunner import get_script_run_ctx

MANY = 1000  # elements from which on the first stands for all

_working_for: ContextVar[str | None] = ContextVar("working_for", default=None)


def session() -> str | None:
    """The session whose page asks, or whose work this thread does; None: nobody's."""
    context = get_script_run_ctx(suppress_warning=True)
    return _working_for.get() if context is None else context.session_id


def work_for(asking: str | None) -> None:
    """From now on, this thread works for a session."""
    _working_for.set(asking)


def size_of(value: Any, *beside: Any) -> int:
    """Bytes that a value holds in arrays, tensors, text and bytes.

    Args:
        value: mappings, rows and objects are looked into.
        beside: values that are held anyway; what the value shares with them does not count.
    """
    shared = _blocks(beside)
    return sum(size for place, size in _blocks((value,)).items() if place not in shared)


def _blocks(values: tuple) -> dict[int, int]:
    """{place in memory: bytes} of every block that belongs to these values, each once."""
    found, seen, waiting = {}, set(), list(values)
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, torch.Tensor):
            found[one.untyped_storage().data_ptr()] = one.untyped_storage().nbytes()
        elif isinstance(one, np.ndarray):
            owner = one if one.base is None else one.base
            found[one.__array_interface__["data"][0]] = getattr(owner, "nbytes", one.nbytes)
        elif isinstance(one, bytes | str):
            found[id(one)] = len(one)
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple | set | frozenset) and len(one) > MANY:
            found[id(one)] = len(one) * (8 + size_of(next(iter(one))))
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        else:
            waiting += getattr(one, "__dict__", {}).values()
    return found
