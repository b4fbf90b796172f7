"""Text that other programs read: one way to write CSV and one to write JSON."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TextIO

# What makes a formula of a cell in one spreadsheet program or another, in wide forms too.
# Behind a ' as well, so that taking away the first one gives back exactly what was there.
_FORMULA = re.compile("[' ]*[=+\\-@\t\r\n＝＋－＠]")  # noqa: RUF001
# What JSON may hold as it is and a terminal obeys.
_OBEYED = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def cell(value: Any) -> Any:
    """A value as a spreadsheet may have it: a text that it would run as a formula gets a ``'``.

    See OWASP, "CSV Injection". Numbers stay numbers.

    Examples
    --------
    >>> cell("=HYPERLINK(...)"), cell("Rock"), cell(-1.5)
    ("'=HYPERLINK(...)", 'Rock', -1.5)
    """
    if not isinstance(value, str):
        return value
    # A lone carriage return would end a row for some readers, and is not quoted by the writer.
    text = value.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) else text


def plain(text: str) -> str:
    """The text that :func:`cell` was given.

    Examples
    --------
    >>> plain("'=HYPERLINK(...)"), plain("Rock"), plain("'Round Midnight")
    ('=HYPERLINK(...)', 'Rock', "'Round Midnight")
    """
    return text[1:] if text.startswith("'") and _FORMULA.match(text[1:]) else text


def csv_rows(stream: TextIO) -> Callable[[Iterable[Any]], None]:
    """A function that writes a row of a CSV table, each value through :func:`cell`."""
    rows = csv.writer(stream, lineterminator="\n")

    def write(values: Iterable[Any]) -> None:
        rows.writerow([cell(value) for value in values])

    return write


def json_text(stream: TextIO) -> Callable[[dict[str, Any]], str]:
    """A function that gives a record as one line of JSON for ``stream``.

    Only UTF-8 can hold every name; elsewhere, and for characters that a terminal obeys, JSON's
    own escapes do, so that what is read again is exact.
    """
    is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"

    def text(record: dict[str, Any]) -> str:
        line = json.dumps(record, ensure_ascii=not is_utf8, allow_nan=False)
        return _OBEYED.sub(lambda match: f"\\u{ord(match[0]):04x}", line)

    return text
