"""The page around the sections of a report: head, style for screen and paper, plotly.js once."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from dashboard.export.pages import POLICY, division
from dashboard.plots.layout import LINE, TITLE_SPACE
from dashboard.report.text import plain

WIDTH = 700
PRINTED = 0.82  # of the size on the screen
TALLEST = 860  # pixels that a printed page has for a figure beside its heading and its caption
STYLE = """
body { font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif;
  color: #1c2127; background: #ffffff; margin: 0 auto; padding: 24px; max-width: 700px; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.3rem; margin: 2.2rem 0 .5rem;
  border-bottom: 1px solid #dfe2e6; } h3 { font-size: 1.05rem; margin: 1.4rem 0 .2rem; }
.finding { font-size: 1.05rem; } .facts, footer { color: #55606b; font-size: .9rem; }
figure { margin: 1.2rem 0; break-inside: avoid; overflow-x: auto; }
figcaption, caption { font-size: .85rem; color: #40484f; text-align: left; padding: .2rem 0; }
.note { border-left: 3px solid #2457a6; padding: .1rem .8rem; margin: .6rem 0;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: 1rem 0; } table { border-collapse: collapse; font-size: .8rem;
  font-variant-numeric: tabular-nums; } th, td { padding: .15rem .5rem; text-align: left;
  border-bottom: 1px solid #dfe2e6; overflow-wrap: break-word; max-width: 20rem;
  vertical-align: top; } .long { min-width: 12rem; overflow-wrap: anywhere; }
  .number { text-align: right; white-space: nowrap; }
dt { font-weight: 600; margin-top: .5rem; } dd { margin: 0; }
.source { color: #55606b; } nav ul { columns: 2; padding-left: 1.2rem; }
.samples { list-style: none; padding: 0; display: grid; grid-template-columns: 1fr 1fr;
  gap: .8rem; } .samples li { display: flex; gap: .6rem; break-inside: avoid; font-size: .85rem;
  overflow-wrap: anywhere; } .samples img { width: 84px; height: 84px; object-fit: contain;
  image-rendering: pixelated; }
@page { size: A4; margin: 12mm; }
@media print { body { padding: 0; font-size: 9.5pt; } nav { display: none; }
  h2, h3, dt { break-after: avoid; } dd, .finding { break-inside: avoid; }
  figure { margin: .6rem 0; } figure > div { zoom: var(--shrunk, 1); }
  .modebar { display: none !important; }
  p.facts { break-after: avoid; } .table { overflow: visible; break-inside: avoid; }
  tr { break-inside: avoid; }
  table { font-size: .66rem; } th, td { padding: .1rem .25rem; } }
"""


def page(title: str, facts: str, parts: Sequence[tuple[str, str, str]], foot: str) -> bytes:
    """The whole page.

    Args:
        title: of the report, not escaped.
        facts: HTML below it.
        parts: (anchor, heading, HTML) of each section.
        foot: HTML at the end.
    """
    listed = "".join(f'<li><a href="#{key}">{plain(name)}</a></li>' for key, name, _ in parts)
    body = "\n".join(
        f'<section id="{key}" aria-labelledby="{key}-head"><h2 id="{key}-head">{plain(name)}</h2>\n'
        f"{text}</section>"
        for key, name, text in parts
    )
    text = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{plain(title)}</title>
<style>{STYLE}</style>
<script>{get_plotlyjs()}</script>
</head>
<body>
<header><h1>{plain(title)}</h1>
{facts}
<nav aria-label="Sections"><ul>{listed}</ul></nav></header>
<main>
{body}
</main>
<footer>{foot}</footer>
</body>
</html>
"""
    return text.encode("utf-8", "replace")


def drawing(name: str, number: int, figure: go.Figure, alt: str, caption: str) -> str:
    """A figure with its text in place of it and its caption; smaller in print than a page."""
    drawn = on_paper(figure)
    shrunk = min(PRINTED, TALLEST / drawn.layout.height)
    return (
        f'<figure id="{name}" style="--shrunk: {shrunk:.3f}">'
        f'<div role="img" aria-label="{plain(alt)}">{division(drawn, div_id=f"plot-{name}")}</div>'
        f"<figcaption><b>Figure {number}.</b> {plain(caption)}</figcaption></figure>"
    )


def on_paper(figure: go.Figure) -> go.Figure:
    """As wide as a printed page; the title stands in the caption.

    Without WebGL, of which a browser draws a few plots only.
    """
    layout = figure.to_plotly_json()
    data = [
        {**trace, "type": "scatter"} if trace.get("type") == "scattergl" else trace
        for trace in layout["data"]
    ]
    drawn = go.Figure(data=data, layout=layout["layout"])
    title, margin = figure.layout.title, figure.layout.margin
    above = TITLE_SPACE + LINE * (title.subtitle.text or "").count("<br>")
    return drawn.update_layout(
        title=None,
        width=WIDTH,
        height=figure.layout.height - above,
        margin_t=margin.t - above,
        autosize=False,
        paper_bgcolor="#ffffff",
    )


def noted(notes: Mapping[str, str], name: str) -> str:
    """What somebody wrote beside a figure or a section."""
    text = notes.get(name, "").strip()
    return f'<div class="note" role="note">{plain(text)}</div>' if text else ""
