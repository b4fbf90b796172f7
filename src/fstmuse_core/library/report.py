"""HTML file that shows what a library holds; it needs no network and no script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fstmuse_core.classify.result import Doubt
from fstmuse_core.library.disagreement import CAVEAT, Agreement
from fstmuse_core.library.rows import KnownModel, LibraryRow, State, said_genre
from fstmuse_core.system.atomic_write import open_atomic
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from jinja2 import Template

# report.html and the style sheet that becomes part of it.
_TEMPLATES = Path(__file__).with_name("templates")
# A list that is longer is read by nobody, and 50,000 files would make 20 MB.
_LONGEST_LIST = 200
_TENTHS = 10
_DOUBTS: dict[str, str] = {
    Doubt.SILENCE: "there is only silence",
    Doubt.TOO_SHORT: "too short",
    Doubt.CLIPPED: "clipped too hard",
    Doubt.SPEECH: "speech, not music",
    Doubt.UNFAMILIAR: "unlike the music the model knows",
    Doubt.UNDECIDED: "two genres too close to call",
}


def write_report(
    path: Path,
    rows: Sequence[LibraryRow],
    model: KnownModel,
    *,
    truth: Agreement | None = None,
    note: str = "",
    now: datetime | None = None,
) -> None:
    """Write the report into a file, which is replaced once it is whole.

    Parameters
    ----------
    rows : sequence of LibraryRow
        Answers of ``model`` on the library.
    truth : Agreement, optional
        Agreement with the genres that files already have.
    note : str
        Caution about that agreement.
    now : datetime, optional
        The moment it tells of itself.

    Raises
    ------
    FstMuseError
        If the file cannot be written.
    """
    text = render_report(rows, model, truth=truth, note=note, now=now)
    try:
        with open_atomic(path) as stream:
            stream.write(text.encode("utf-8"))
    except OSError as error:
        why = error.strerror or str(error)
        raise FstMuseError(path, f"it cannot be written ({why})", "choose another place") from error


def render_report(
    rows: Sequence[LibraryRow],
    model: KnownModel,
    *,
    truth: Agreement | None = None,
    note: str = "",
    now: datetime | None = None,
) -> str:
    """Return the report as text; see :func:`write_report`."""
    present = [row for row in rows if row.state is not State.GONE]
    heard = [row for row in present if row.state is State.DONE]
    return _template().render(
        model=model,
        made=f"{(now or datetime.now()):%d %B %Y, %H:%M}",
        tiles=_tiles(present, heard),
        genres=_genres(present, heard),
        tenths=_confidences(heard),
        truth=_agreement(truth, note) if truth is not None else None,
        unsure=_unsure(heard),
        failed=_failed(present),
    )


def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["thousands"] = _thousands
    return environment.get_template("report.html")


def _shown(value: object) -> object:
    """Make control characters and odd bytes of plain text visible, before it is escaped."""
    is_plain = isinstance(value, str) and not hasattr(value, "__html__")
    return one_line(str(value)) if is_plain else value


def _thousands(count: int) -> str:
    return f"{count:,}"


@dataclass(frozen=True)
class _Bar:
    """Row of a bar chart; ``kind`` is its CSS class."""

    label: str
    count: str
    share: str
    width: str
    kind: str


@dataclass(frozen=True)
class _Tenth:
    """Files whose likeliest genre has a probability in this tenth."""

    range: str
    sure: int
    unsure: int
    sure_height: str
    unsure_height: str


@dataclass(frozen=True)
class _Files:
    """Table that unfolds, cut at a length that is read."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    count: int
    left_out: int


def _tiles(present: Sequence[LibraryRow], heard: Sequence[LibraryRow]) -> list[tuple[str, str]]:
    """Figures at the top, each with its label before it."""
    sure = sum(row.is_sure for row in heard)
    failed = sum(row.state is State.FAILED for row in present)
    reviewed = sum(row.review is not None for row in present)
    hours = sum(row.seconds for row in heard) / 3600
    waiting = sum(row.state is State.WAITING for row in present)
    figures = [
        ("files", f"{len(present):,}"),
        ("heard", f"{len(heard):,}"),
        ("hours", f"{hours:,.1f}"),
        ("named", _share(sure, len(heard))),
        ("not sure", f"{len(heard) - sure:,}"),
        ("failed", f"{failed:,}"),
        ("reviewed", f"{reviewed:,}"),
    ]
    if waiting:
        figures.insert(2, ("waiting", f"{waiting:,}"))
    return figures


def _share(part: int, whole: int) -> str:
    if not whole:
        return "–"  # noqa: RUF001
    if 0 < part < whole and not 0.005 <= part / whole < 0.995:
        return "under 1 %" if part / whole < 0.5 else "over 99 %"
    return f"{100 * part / whole:.0f} %"


def _bars(entries: Sequence[tuple[str, int, str]], whole: int) -> list[_Bar]:
    """Return bars of label, count and kind; ``whole`` is what all of them are a share of."""
    longest = max((count for _, count, _ in entries), default=0) or 1
    return [
        _Bar(label, f"{count:,}", _share(count, whole), f"{100 * count / longest:.2f}%", kind)
        for label, count, kind in entries
    ]


def _genres(present: Sequence[LibraryRow], heard: Sequence[LibraryRow]) -> list[_Bar]:
    """Count files by genre; nothing if nothing was heard."""
    said = Counter(genre for row in present if (genre := said_genre(row)) is not None)
    unsure = sum(said_genre(row) is None for row in heard)
    entries = [(genre, count, "") for genre, count in said.most_common()]
    if unsure:
        entries.append(("Not sure", unsure, "quiet"))
    return _bars(entries, said.total() + unsure)


def _confidences(heard: Sequence[LibraryRow]) -> list[_Tenth]:
    """Count files by the probability of their likeliest genre; nothing if there are none."""
    heard = [row for row in heard if row.genre is not None]
    if not heard:
        return []
    tenths = [[0, 0] for _ in range(_TENTHS)]
    for row in heard:
        tenths[min(int(row.confidence * _TENTHS), _TENTHS - 1)][not row.is_sure] += 1
    peak = max(map(sum, tenths))
    return [
        _Tenth(_range(at), sure, unsure, _height(sure, peak), _height(unsure, peak))
        for at, (sure, unsure) in enumerate(tenths)
    ]


def _height(count: int, highest: int) -> str:
    # In rem: a share of a column whose own height is not given would be nothing.
    return f"{9 * count / highest:.3f}rem"


def _range(tenth: int) -> str:
    return f"{10 * tenth}–{10 * tenth + 10}"  # noqa: RUF001


def _agreement(truth: Agreement, note: str) -> dict[str, Any]:
    listed = [
        (one.path, "; ".join(one.labelled), one.named, f"{100 * one.confidence:.0f} %")
        for one in truth.disagreements
    ]
    return {
        "lead": " ".join(part for part in (note, truth.sentence, CAVEAT) if part),
        "genres": [
            (one.genre, one.labelled, one.agreed, one.differed, one.unsure)
            for one in truth.genres
            if one.labelled
        ],
        "files": _files(
            "Where they differ, the surest first", ("File", "Label", "Model", ""), listed
        ),
    }


def _unsure(heard: Sequence[LibraryRow]) -> dict[str, Any] | None:
    unsure = [row for row in heard if not row.is_sure and row.review is None]
    if not unsure:
        return None
    reasons = Counter(_DOUBTS.get(row.doubt or "", "for another reason") for row in unsure)
    entries = [(reason, count, "quiet") for reason, count in reasons.most_common()]
    listed = [(row.path, row.verdict) for row in _by_path(unsure)]
    return {
        "reasons": _bars(entries, len(unsure)),
        "files": _files("The files", ("File", "Why"), listed),
    }


def _failed(present: Sequence[LibraryRow]) -> dict[str, Any] | None:
    failed = [row for row in present if row.state is State.FAILED]
    if not failed:
        return None
    listed = [(row.path, row.error or "") for row in _by_path(failed)]
    return {
        "lead": f"{counted(len(failed), 'file')} could not be heard.",
        "files": _files("The files", ("File", "Why"), listed),
    }


def _by_path(rows: Iterable[LibraryRow]) -> list[LibraryRow]:
    return sorted(rows, key=lambda row: row.path)


def _files(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> _Files:
    left_out = max(0, len(rows) - _LONGEST_LIST)
    return _Files(title, head, rows[:_LONGEST_LIST], len(rows), left_out)
