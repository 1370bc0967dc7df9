"""Long work in stretches, between which it can be watched and ended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_watching: ContextVar[Callable[[], None] | None] = ContextVar("watching", default=None)


@contextmanager
def watched(look: Callable[[], None]) -> Iterator[None]:
    """Call `look` between the stretches of all work of this thread; what it raises ends the work.

    Example:
        >>> looks = []
        >>> with watched(lambda: looks.append("so far")):
        ...     done = list(stretches(5, 2))
        >>> len(looks)
        3
    """
    token = _watching.set(look)
    try:
        yield
    finally:
        _watching.reset(token)


def stretches(number: int, step: int, first: int = 0) -> Iterator[slice]:
    """Slices that together go from the first to the last of so many rows.

    Args:
        number: of rows.
        step: rows at a time; the last stretch may be shorter.
        first: row to begin with.

    Example:
        >>> list(stretches(5, 2))
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    for start in range(first, number, step):
        look = _watching.get()
        if look is not None:
            look()
        yield slice(start, min(start + step, number))
