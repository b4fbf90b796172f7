"""Tables and JSON that other programs write or read: the one reader of CSV files, one writer."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.regular_files import open_regular

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


_CHUNK = 2**20
# Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What .xlsx and .ods files begin with.
_ZIP = b"PK\x03\x04"
_DELIMITERS = (",", ";", "\t", "|")
# Spreadsheets read this first line, and write it.
_SEPARATOR = re.compile(r'\s*"?sep=(.)"?[,;\t|]*\s*', re.IGNORECASE)
_UNITS = re.compile(r"\(.*?\)|\[.*?\]")
# A biography may be longer than what the csv module takes for a field by default.
_LONGEST_FIELD = 2**24
# A quote that is never closed would swallow the rest of the file.
_MOST_LINES = 100
_OPEN_QUOTE = "a quotation mark that is not closed, or one amid a cell"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the line it begins in, from 1, and its cells without blanks around.

    ``fault`` says what is wrong with a row that cannot be read: what it has. It has no cells.
    """

    line: int
    cells: tuple[str, ...] = ()
    fault: str = ""


def key_of(heading: str) -> str:
    """Key that spellings of a heading share: no capitals, blanks, units or marks.

    Examples
    --------
    >>> key_of(" File_Name "), key_of("Duration (s)")
    ('filename', 'duration')
    """
    text = unicodedata.normalize("NFKC", _UNITS.sub("", heading) or heading)
    return re.sub(r"[\W_]+", "", text.casefold())


def encoding_of(file: Path) -> str:
    """The encoding of a text file: by its byte order mark, else UTF-8 if it is, else cp1252.

    UTF-16 without a mark is known by the zeros that it has for Latin letters.

    Raises
    ------
    OSError
        If it cannot be read.
    FstMuseError
        If it is no text at all.
    """
    with open_regular(file) as stream:
        start = stream.read(_CHUNK)
        if start.startswith(_ZIP):
            raise FstMuseError(file, "it is a spreadsheet's own file", "save it as CSV")
        marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
        if marked:
            return marked
        if guessed := _without_mark(start):
            return guessed
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while start:
                decoder.decode(start)
                start = stream.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _without_mark(start: bytes) -> str:
    head = start[:200]
    if len(head) >= 4 and head[1::2].count(0) > len(head) // 3 and 0 not in head[::2]:
        return "utf-16-le"
    if len(head) >= 4 and head[::2].count(0) > len(head) // 3 and 0 not in head[1::2]:
        return "utf-16-be"
    return ""


@dataclass
class _Lines(Iterator[str]):
    """Lines of a stream, of which those of the present row can be taken up again."""

    stream: Iterator[str]
    most: int
    line: int = 0
    _again: list[str] = field(default_factory=list)
    _row: list[str] = field(default_factory=list)

    def __next__(self) -> str:
        if len(self._row) >= self.most:
            raise csv.Error(_OPEN_QUOTE)
        text = self._again.pop() if self._again else next(self.stream)
        self._row.append(text)
        return text

    def end_row(self, lines: int | None = None) -> int:
        """Keep ``lines`` of the row's lines (all by default), and return where it began."""
        first = self.line + 1
        kept = len(self._row) if lines is None else lines
        self._again += reversed(self._row[kept:])
        self._row.clear()
        self.line += kept
        return first


def read_rows(
    file: Path,
    headings: Iterable[str] = (),
    *,
    delimiter: str = "",
    most_lines: int = _MOST_LINES,
) -> Iterator[Row]:
    """Rows of a table, the headings' first; blank rows, and comments above, are left out.

    Parameters
    ----------
    file : Path
        In UTF-8, UTF-16 or cp1252, with cells between commas, semicolons, tabs or bars.
    headings : iterable of str
        Of the columns that are looked for, as :func:`key_of` gives them: they tell what stands
        between cells.
    delimiter : str
        Character between cells, where that is known.
    most_lines : int
        More lines than these are no row: a quotation mark has not been closed.

    Raises
    ------
    FstMuseError
        If the file cannot be read. A row that cannot is yielded with its fault, and the rest
        goes on behind its first line.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        encoding = encoding_of(file)
        with (
            open_regular(file) as binary,
            io.TextIOWrapper(binary, encoding, errors="replace", newline="") as stream,
        ):
            skipped, between = _begin(stream, set(headings), delimiter)
            lines = _Lines(stream, most_lines, line=skipped)
            yield from _rows(lines, between)
    except OSError as error:
        raise FstMuseError(file, f"it cannot be read ({error.strerror or error})") from error
    except UnicodeError as error:
        raise FstMuseError(file, f"it is damaged or no text ({error})") from error


def _rows(lines: _Lines, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        try:
            cells = tuple(cell.strip() for cell in next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            fault = _OPEN_QUOTE if "field larger" not in str(error) else str(error)
            yield Row(lines.end_row(1), fault=fault)
            reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
            continue
        first = lines.end_row()
        if any(cells):
            yield Row(first, cells)


def _begin(stream: TextIO, wanted: set[str], delimiter: str) -> tuple[int, str]:
    """Go to the first row: how many lines are passed over, and what stands between cells."""
    skipped, at = 0, stream.tell()
    while line := stream.readline(_CHUNK):
        named = _SEPARATOR.fullmatch(line)
        if named and not skipped:
            return 1, named[1]
        # The headings themselves may stand behind a #.
        if line.strip() and (not line.startswith("#") or _fit(line, wanted)[0] > 1):
            break
        skipped, at = skipped + 1, stream.tell()
    stream.seek(at)
    return skipped, delimiter or _fit(line, wanted)[2]


def _fit(line: str, wanted: set[str]) -> tuple[int, int, str]:
    """Of the delimiter that suits a line of headings best: headings known, cells, itself."""

    def fit(delimiter: str) -> tuple[int, int, str]:
        reader = csv.reader(io.StringIO(line), delimiter=delimiter, skipinitialspace=True)
        cells = next(reader, [])
        return len({key_of(cell) for cell in cells} & wanted), len(cells), delimiter

    return max(map(fit, _DELIMITERS), key=lambda found: found[:2])


def read_table(file: Path, fields: Mapping[str, Sequence[str]]) -> Iterator[tuple[Row, Cells]]:
    """Rows of a table whose columns have headings, in any order and of the usual names.

    Parameters
    ----------
    file : Path
    fields : mapping of str to sequence of str
        Names of the fields that are looked for, each with the headings that mean it, the best
        first, as :func:`key_of` gives them.

    Yields
    ------
    Row, Cells
        Each row with its text for each field; empty where the table has no such column. The
        first is the row of headings, whose cells are the headings that were found.

    Raises
    ------
    FstMuseError
        See :func:`read_rows`.
    """
    rows = read_rows(file, {key for keys in fields.values() for key in keys})
    head = next(rows, Row(1))
    keys = [key_of(cell) for cell in head.cells]
    place = {
        name: keys.index(key)
        for name, known in fields.items()
        for key in (next((key for key in known if key in keys), None),)
        if key is not None
    }
    yield head, Cells({name: head.cells[at] for name, at in place.items()})
    for row in rows:
        surplus = [cell for cell in row.cells[len(keys) :] if cell]
        if surplus and not row.fault:
            n = len(row.cells)
            row = Row(row.line, fault=f"{n} cells for {len(keys)} columns")
        cells = row.cells
        yield row, Cells({n: plain(cells[at]) for n, at in place.items() if at < len(cells)})


class Cells(dict[str, str]):
    """Texts of a row by field; a field without a cell is empty."""

    def __missing__(self, _name: str) -> str:
        return ""
