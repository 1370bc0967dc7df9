"""Numbers as models write them, brought into one form."""

import re

NUMBER = re.compile(r"-?(\d[\d,]*\.?\d*|\.\d+)")
FRACTION = re.compile(r"(-?\d+)/(\d*[1-9]\d*)")


def canonical_number(text: str) -> str:
    """The first number of a text in one form: "$1,234.50 per day" is "1234.5".

    Dollar signs and commas between digits are left out, then everything around the number:
    units, words, quotation marks. Zeros at the end of a fraction go ("18.00" is "18"), and so do
    those before the first digit. A text that is only a fraction of whole numbers is divided
    ("8/3"). Of a calculation, the first number is taken ("6 + 7 = 13" is "6").

    Args:
        text: any answer.

    Returns:
        The number as text, "" when the text has no digit.

    Example:
        >>> [canonical_number(text) for text in ("$18", "1,234", "18.00", "-2.50 kg", "none")]
        ['18', '1234', '18', '-2.5', '']
    """
    text = text.replace("$", "").strip()
    fraction = FRACTION.fullmatch(text)
    if fraction:
        text = repr(int(fraction[1]) / int(fraction[2])) if len(text) < 30 else text
    found = NUMBER.search(text)
    if not found:
        return ""
    digits = found.group().replace(",", "")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    sign, digits = ("-" if digits.startswith("-") else ""), digits.lstrip("-").lstrip("0")
    if not digits or digits.startswith("."):
        digits = f"0{digits}"
    return digits if digits == "0" else sign + digits
