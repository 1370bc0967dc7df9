"""Harm done to sound files: to bytes, to lines and cells, and to values of JSON."""

import json
import random
import struct

EVIL = (
    "",
    " ",
    "\0",
    "nan",
    "NaN",
    "None",
    "inf",
    "-1",
    "0",
    "1e999",
    "1.0",
    "0x1F",
    "1_000",
    "9" * 400,
    "\u0661\u0662",
    "true",
    "=cmd|'/C calc'!A0",
    "<script>alert(1)</script>",
    "[a](javascript:alert(1))",
    "$\\frac{1}{0}$ \\input{/etc/passwd}",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202eright to left\u202c",
    "../../secret.csv",
    "/etc/passwd",
    "C:\\secret.csv",
    "a\nb",
    "a\r\nb",
    'say "a"',
    "'",
    "a,b;c\td|e",
    "\ufeff",
    "e\u0301",
    "\U0001f600",
    "sample_id",
    "label",
    "model",
    "prediction",
    "x" * 10_000,
    "\u2603" * 10_000,
)
NUMBERS = (0, 1, -1, 127, 255, 2**15, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
MARKS = (",", ";", "\t", "|", "\n", "\r", "\r\n", '"')
VALUES = ("null", "true", "-1", "0", "9e99", "1e308", "-0.5", "[]", "{}", "[[]]", "[null]")
VALUES += ('{"a": {"b": []}}', '[1, "x"]', str(2**70))


def evil(chance: random.Random) -> str:
    """A text that has harmed some program before."""
    return chance.choice(EVIL)


def bytes_harmed(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed, lengths overwritten, parts cut out, doubled or moved, the end cut off."""
    harmed = bytearray(content)
    for _ in range(chance.choice([1, 1, 1, 2, 8])):
        if harmed:
            chance.choice(HARMS)(harmed, chance)
    return bytes(harmed)


def _change(content: bytearray, chance: random.Random) -> None:
    content[_place(content, chance)] = chance.randrange(256)


def _flip(content: bytearray, chance: random.Random) -> None:
    content[_place(content, chance)] ^= 1 << chance.randrange(8)


def _number(content: bytearray, chance: random.Random) -> None:
    """A number as file formats write lengths, over what is there."""
    code = chance.choice(["<i", "<q", ">i", ">q", "<h"])
    size = struct.calcsize(code)
    number = struct.pack("<q", (chance.choice(NUMBERS) + 2**63) % 2**64 - 2**63)[:size]
    start = _place(content, chance)
    content[start : start + size] = number if code[0] == "<" else number[::-1]


def _cut(content: bytearray, chance: random.Random) -> None:
    start = _place(content, chance)
    del content[start : start + chance.choice([1, 4, 64, len(content)])]


def _double(content: bytearray, chance: random.Random) -> None:
    start = _place(content, chance)
    part = content[start : start + chance.choice([1, 8, 64])]
    content[start:start] = part * chance.choice([1, 1, 50])


def _move(content: bytearray, chance: random.Random) -> None:
    start, size = _place(content, chance), chance.choice([1, 8, 64])
    part = content[start : start + size]
    del content[start : start + size]
    place = chance.randint(0, len(content))
    content[place:place] = part


def _insert(content: bytearray, chance: random.Random) -> None:
    place = _place(content, chance)
    content[place:place] = chance.choice([evil(chance).encode(), chance.randbytes(8)])


def _place(content: bytearray, chance: random.Random) -> int:
    """Mostly anywhere; the first and the last bytes of a file say how to read it."""
    end = len(content) - 1
    first, last = chance.choice([(0, end), (0, end), (0, min(end, 64)), (max(0, end - 64), end)])
    return chance.randint(first, last)


HARMS = (_change, _flip, _flip, _flip, _number, _cut, _double, _move, _insert)


def text_harmed(content: bytes, chance: random.Random) -> bytes:
    """Cells replaced, lines left out, doubled or exchanged, marks strewn in."""
    text = content.decode("utf-8", "replace")
    for _ in range(chance.choice([1, 1, 2, 5])):
        marks = [place for place, letter in enumerate(text) if letter in ',;\t|\n":{}[]']
        if not marks:
            break
        start = chance.choice(marks)
        end = next((place for place in marks if place > start), len(text))
        way = chance.randrange(5)
        if way == 0:
            text = f"{text[: start + 1]}{evil(chance)}{text[end:]}"
        elif way == 1:
            text = text[:start] + chance.choice(MARKS) + text[start:]
        elif way == 2:
            text = text[:start] + text[start + 1 :]
        else:
            lines = text.splitlines(keepends=True)
            line = chance.randrange(len(lines))
            if way == 3:
                lines[line:line] = [lines[chance.randrange(len(lines))]]
            else:
                del lines[line]
            text = "".join(lines)
    return text.encode("utf-8", "replace")


def json_harmed(values: object, chance: random.Random) -> object:
    """The same values with a few places dropped, exchanged, or replaced by others."""
    values = json.loads(json.dumps(values))
    for _ in range(chance.choice([1, 1, 2, 5])):
        spots = [*_spots(values)]
        if not spots:
            break
        place, key = chance.choice(spots)
        way = chance.randrange(6)
        if way == 0:
            del place[key]
        elif way == 1 and isinstance(place, dict):
            place[evil(chance)] = place.pop(key)
        elif way == 2:
            other, name = chance.choice(spots)
            place[key] = json.loads(json.dumps(other[name]))
        elif way == 3:
            place[key] = json.loads(chance.choice(VALUES))
        else:
            place[key] = evil(chance)
    return values


def _spots(values: object):
    """Every place inside lists and objects."""
    if isinstance(values, dict | list):
        for key in list(values) if isinstance(values, dict) else range(len(values)):
            yield values, key
            yield from _spots(values[key])


def json_text(values: object, chance: random.Random) -> bytes:
    """Values as JSON, now and then with what JSON allows and programs forget."""
    way = chance.randrange(40)
    if way == 0:
        depth = chance.choice([30, 999, 100_000])
        return b'{"a":' * depth + b"1" + b"}" * depth
    if way == 1:
        return b"[" * 5000 + json.dumps(values).encode() + b"]" * 5000
    text = json.dumps(values, ensure_ascii=chance.random() < 0.5)
    if way == 2:
        number = chance.choice(["NaN", "-Infinity", "1e999", "9" * 5000])
        text = text.replace('":', f'": {number}, "b":', 1)
    if way == 3:
        text = text.replace('"', '"\\ud800', 1)
    return text.encode("utf-8", "surrogatepass")
