"""What travels between Python and the map: arrays as base64, a selection as one bit per point."""

import base64
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np


def base64_of(array: np.ndarray) -> str:
    """The bytes of an array, as text."""
    return base64.b64encode(np.ascontiguousarray(array)).decode()


def floats(array: np.ndarray) -> str:
    """The array as little-endian float32, which JavaScript reads without copying."""
    return base64_of(np.asarray(array, "<f4"))


def digest_of(*parts: str) -> str:
    """A short content digest of texts."""
    return blake2b("|".join(parts).encode(), digest_size=12).hexdigest()


def bits(selected: np.ndarray | None, size: int) -> str | None:
    """One bit per point, least significant first; None for "no selection"."""
    if selected is None:
        return None
    mask = np.zeros(size, bool)
    mask[np.asarray(selected, np.int32)] = True
    return base64_of(np.packbits(mask, bitorder="little"))


def positions(message: Any, digest: str, size: int) -> np.ndarray | bool | None:
    """Read what the browser sent.

    Args:
        message: {"digest", "bits"} as the map sends it; anything else is not trusted.
        digest: Of the points that are shown now.
        size: How many they are.

    Returns:
        int32 positions in order, None for "cleared", False for a message about other points.
    """
    if not isinstance(message, dict) or message.get("digest") != digest:
        return False
    if message.get("bits") is None:
        return None
    raw = np.frombuffer(base64.b64decode(message["bits"]), np.uint8)
    if len(raw) != -(-size // 8):
        return False
    return np.flatnonzero(np.unpackbits(raw, count=size, bitorder="little")).astype(np.int32)


def by_category(codes: np.ndarray, categories: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Colours of a map by category code."""
    if len(codes) and int(codes.max()) >= len(categories):
        raise ValueError(f"category holds code {codes.max()}; expected 0 to {len(categories) - 1}")
    return {
        "kind": "codes",
        "codes": base64_of(np.asarray(codes, np.uint8)),
        "categories": [list(category) for category in categories],
    }


def by_value(
    values: np.ndarray,
    scale: str | Sequence[str],
    value_range: tuple[float, float] | None,
    title: str,
) -> dict[str, Any]:
    """Colours of a map by number; a list of colours becomes evenly spaced stops."""
    if value_range is None:
        finite = values[np.isfinite(values)]
        value_range = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if not isinstance(scale, str):
        scale = [[i / (len(scale) - 1), colour] for i, colour in enumerate(scale)]
    return {
        "kind": "values",
        "values": floats(values),
        "scale": scale,
        "range": [float(end) for end in value_range],
        "title": title,
    }
