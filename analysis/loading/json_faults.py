"""What is wrong with a piece of JSON, in words."""

import json
import re

from analysis.loading.sources import count, shortened

EXPECTED = {
    "Expecting value": "a value",
    "Expecting property name enclosed in double quotes": "a name in quotation marks",
    "Expecting ':' delimiter": "a colon",
    "Expecting ',' delimiter": "a comma or a closing bracket",
}


class Written(str):
    """A number with a fraction, as it stands in the file: 1.10 stays "1.10"."""


def fault(error: ValueError, text: str) -> str:
    """What is wrong with a piece of JSON, and how to mend it.

    Args:
        error: as the parser raised it.
        text: that was parsed.
    """
    if not isinstance(error, json.JSONDecodeError):
        return "a number has more digits than can be read; expected at most 4,300. Correct it."
    before = text[max(error.pos - 1000, 0) : error.pos].rstrip()
    after = text[error.pos : error.pos + 1000].lstrip()
    if error.msg.startswith("Unterminated string") or not after:
        return (
            "the text ends in the middle of a value; expected closing brackets. The file was "
            "probably cut off; write it again."
        )
    if after[0] in "]}" and before.endswith(","):
        return "a comma stands before the closing bracket; expected no comma there. Remove it."
    if re.match(r",\s*[\]}]", after):
        return "a comma stands before the closing bracket; expected no comma there. Remove it."
    if after[0] == "'":
        return (
            "single quotation marks, as Python prints them; expected double ones. Write the "
            "file with json.dump."
        )
    if error.msg.startswith("Invalid control character"):
        return "a line break or tab stands inside a text; expected \\n or \\t. Write it again."
    found = shortened(re.split(r"[\s,:\]}]", after, maxsplit=1)[0] or after[0], 20)
    expected = EXPECTED.get(error.msg, "JSON")
    python = {"None": "null", "True": "true", "False": "false", "nan": "null"}.get(found)
    if python:
        return f"found {found}, as Python writes it; expected {python}. Write it with json.dump."
    if error.msg == "Extra data":
        return f"found '{found}' behind the end of the value; expected nothing more. Remove it."
    return f"found '{found}'; expected {expected}. Correct it, or write the file again."


def after_record(rest: str) -> str:
    """What stands behind a whole record on its line, and how to mend it."""
    if rest == ",":
        return (
            "a comma stands behind the record; expected one record per line and nothing else. "
            "Remove the commas at the ends of the lines, or put [ and ] around the whole file."
        )
    if rest.startswith(("{", ",")):
        return (
            "a second record stands on the same line; expected one record per line. Put each "
            "on a line of its own."
        )
    return f"'{shortened(rest)}' stands behind the record; expected the end of the line. Remove it."


def described(value: object) -> str:
    """A JSON value in words for a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | Written):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text '{shortened(value)}'"
    if isinstance(value, list):
        return f"a list of {count(len(value), 'value')}"
    return f"an object with {count(len(value), 'field')}"
