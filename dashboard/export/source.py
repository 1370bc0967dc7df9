"""A figure as plain dicts with arrays, also where it was read from JSON."""

import base64

import numpy as np
import plotly.graph_objects as go


def parts(figure: go.Figure) -> dict:
    """{"data": traces, "layout": layout}; arrays that were packed as text are unpacked."""
    return {
        "data": [_unpacked(trace.to_plotly_json()) for trace in figure.data],
        "layout": _unpacked(figure.layout.to_plotly_json()),
    }


def _unpacked(part: object) -> object:
    if isinstance(part, dict) and "bdata" in part:
        flat = np.frombuffer(base64.b64decode(part["bdata"]), dtype=part["dtype"])
        shape = str(part.get("shape", len(flat))).split(",")
        return flat.reshape([int(size) for size in shape])
    if isinstance(part, dict):
        return {name: _unpacked(value) for name, value in part.items()}
    if isinstance(part, list | tuple) and part and isinstance(part[0], dict):
        return [_unpacked(value) for value in part]
    return part
