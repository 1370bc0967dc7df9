"""How numbers are cached: copied tables, and shared bundles and arrays that nobody changes.

What a function returns is held once for all sessions, under those of its arguments whose names do
not begin with _. It is let go with the last session that asked for it, and the one that was not
used for longest where all together would take more than `limits.results`.
"""

import inspect
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from dashboard import limits
from dashboard.holding import session, size_of


@dataclass(eq=False)
class Entry:
    """What one call returned, its bytes, and the sessions that asked for it."""

    value: Any
    size: int
    users: set[str | None] = field(default_factory=lambda: {session()})


_entries: OrderedDict[Hashable, Entry] = OrderedDict()
_changing = threading.Lock()
_making: WeakValueDictionary[Hashable, threading.Lock] = WeakValueDictionary()


def held() -> int:
    """Bytes of all that is cached."""
    with _changing:
        return sum(entry.size for entry in _entries.values())


def leave(gone: str) -> None:
    """A session has ended: what nobody else asked for is let go."""
    with _changing:
        for key, entry in list(_entries.items()):
            entry.users -= {gone, None}
            if not entry.users:
                del _entries[key]


def clear() -> None:
    """Let go of all; it is worked out again when it is asked for."""
    with _changing:
        _entries.clear()


def _stored(copies: bool) -> Callable[[Callable], Callable]:
    """A function whose results are stored: as copies, or as they are, for who changes nothing."""
    load = pickle.loads if copies else lambda value: value

    def storing(function: Callable) -> Callable:
        signature = inspect.signature(function)

        def given(args: tuple, kwargs: dict) -> tuple[Hashable, list]:
            """The key of a call, and all its arguments."""
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            told = (
                _comparable(value)
                for name, value in bound.arguments.items()
                if not name.startswith("_")
            )
            return (function.__module__, function.__qualname__, *told), [*bound.arguments.values()]

        def put(made: Any, *args) -> None:
            """From now on, this is what a call with these arguments returns."""
            key, beside = given(args, {})
            value = pickle.dumps(made, pickle.HIGHEST_PROTOCOL) if copies else made
            _store(key, Entry(value, len(value) if copies else size_of(made, *beside)))

        @wraps(function)
        def found(*args, **kwargs):
            key, arguments = given(args, kwargs)
            if (entry := _known(key)) is not None:
                return load(entry.value)
            with _one_at_a_time(key):
                if (entry := _known(key)) is None:
                    made = function(*args, **kwargs)
                    put(made, *arguments)
                    return made
            return load(entry.value)

        found.put = put
        return found

    return storing


cached = partial(_stored, copies=True)
kept = partial(_stored, copies=False)


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, which nobody can change from now on: all sessions look at it."""
    array.flags.writeable = False
    return array


def _comparable(value: Any) -> Hashable:
    """The value, with a word for what is not a number, which equals nothing, not even itself."""
    if isinstance(value, tuple):
        return tuple(map(_comparable, value))
    return value if value == value else "not a number"


def _known(key: Hashable) -> Entry | None:
    with _changing:
        entry = _entries.get(key)
        if entry is not None:
            _entries.move_to_end(key)
            entry.users.add(session())
        return entry


def _store(key: Hashable, entry: Entry) -> None:
    """The newest stays, however large it is."""
    with _changing:
        _entries[key] = entry
        total = sum(one.size for one in _entries.values())
        while total > limits.current().results and len(_entries) > 1:
            total -= _entries.popitem(last=False)[1].size


@contextmanager
def _one_at_a_time(key: Hashable) -> Iterator[None]:
    """Whoever asks for the same meanwhile waits for it."""
    with _changing:
        lock = _making.setdefault(key, threading.Lock())
    with lock:
        yield
