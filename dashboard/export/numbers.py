"""Numbers as Plotly writes them, which uses the formats of D3."""

import itertools
import re

SPEC = re.compile(r"(\+?)(,?)(?:\.(\d+))?(~?)([a-z%]?)")
PREFIXES = {0: "", 3: "k", 6: "M", 9: "G", 12: "T", -3: "m", -6: "µ", -9: "n"}
MINUS = "\N{MINUS SIGN}"


def written(value: float, spec: str | None) -> str:
    """A number in a format of D3, with a true minus sign.

    >>> written(0.25, ".0%"), written(1234.0, ",d"), written(1500.0, "~s"), written(0.5, ".3~g")
    ('25%', '1,234', '1.5k', '0.5')
    """
    found = SPEC.fullmatch(spec or "~g")
    sign, comma, digits, trim, kind = found.groups() if found else ("", "", "6", "~", "g")
    if kind == "s":
        return _prefixed(value, digits)
    if kind in ("d", ""):
        kind, digits = ("f", "0") if kind == "d" else ("g", digits or "12")
    text = format(value + 0.0, f"{sign}{comma}.{digits or 6}{kind}")
    if trim:
        text = _trimmed(text)
    return text.replace("-", MINUS)


def _trimmed(text: str) -> str:
    """Without zeros at the end: 1.500% is 1.5%."""
    return re.sub(r"(\.\d*?)0+(?=\D|$)", r"\1", text).replace(".%", "%").rstrip(".")


def _prefixed(value: float, digits: str | None) -> str:
    power = 0
    while abs(value) >= 1000 * 10.0**power and power < 12:
        power += 3
    while 0 < abs(value) < 10.0**power and power > -9:
        power -= 3
    short = format(value / 10.0**power, f".{digits or 6}g")
    return (short + PREFIXES[power]).replace("-", MINUS)


def ticks_written(values: list[float], spec: str | None) -> list[str]:
    """Labels of an axis; without a format all get as many digits as the finest needs.

    >>> ticks_written([0.0, 0.25, 0.5], None)
    ['0', '0.25', '0.5']
    """
    if spec:
        return [written(value, spec) for value in values]
    step = min((abs(b - a) for a, b in itertools.pairwise(values) if a != b), default=1)
    small = [0.0 if abs(value) < step * 1e-9 else value for value in values]
    if max(map(abs, small), default=0) >= 1e4:
        return [written(value, "~s") for value in small]
    return [written(value, ".6~g") for value in small]
