"""An interactive figure in one HTML file that asks no host for anything."""

import hashlib
import html

import numpy as np
import plotly.graph_objects as go
import plotly.io

from dashboard.export import source
from dashboard.export.presets import Preset
from dashboard.export.texts import inert, plain

CONFIG = {"showSendToCloud": False, "plotlyServerURL": "", "displaylogo": False}
TEXTS = {"text", "name", "hovertext", "ticktext", "label", "title", "legendgroup"}
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)


def division(figure: go.Figure, **options) -> str:
    """The figure as a <div> and its script, without plotly.js; the same figure, the same text."""
    figure = go.Figure(_inert(source.parts(figure)), skip_invalid=True)
    known = hashlib.sha256(figure.to_json().encode()).hexdigest()[:16]
    return plotly.io.to_html(
        figure,
        config=CONFIG,
        full_html=False,
        include_mathjax=False,
        **({"div_id": f"figure-{known}", "include_plotlyjs": False} | options),
    )


def _inert(part: object, name: str = "") -> object:
    """The parts of a figure with texts that hold no markup but what does no harm."""
    if isinstance(part, dict):
        return {key: _inert(value, key) for key, value in part.items() if key != "template"}
    if isinstance(part, str):
        return inert(part) if name in TEXTS else part
    if isinstance(part, list | tuple) or (name in TEXTS and isinstance(part, np.ndarray)):
        return [_inert(value, name) for value in part]
    return part


def page(figure: go.Figure, preset: Preset, caption: str) -> bytes:
    """A whole page: plotly.js once, the figure, its caption."""
    title = html.escape(plain(figure.layout.title.text) or "Figure")
    text = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{title}</title>
<style>
body {{ font-family: {preset.font}; margin: 16px; color: #1c2127; background: #ffffff; }}
figure {{ margin: 0; }}
figcaption {{ margin-top: 8px; font-size: 13px; max-width: 70em; }}
</style>
</head>
<body>
<figure>
{division(figure, include_plotlyjs=True)}
<figcaption>{html.escape(plain(caption))}</figcaption>
</figure>
</body>
</html>
"""
    return text.encode()
