"""Tables as spreadsheets and other programs write them: the one reader of CSV files."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.regular_files import open_regular
from fstmuse_core.system.text_output import plain

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
