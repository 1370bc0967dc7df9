"""A figure as a file: PDF, SVG and PNG through Matplotlib, interactive HTML, its data as CSV.

One way for all pictures: no browser is needed, text stays text, fonts are embedded, and the same
figure gives the same bytes.
"""

from dashboard.export.presets import FONTS, PRESETS, Preset
from dashboard.export.writing import FORMATS, write

__all__ = ["FONTS", "FORMATS", "PRESETS", "Preset", "write"]
