"""The doctor's report for people: as text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fstmuse_core.datasets.doctor import Report
from fstmuse_core.system.errors import one_line
from fstmuse_core.system.wording import counted

_KINDS = {
    "fma": "FMA",
    "folders": "genre folders",
    "tags": "genres from tags",
    "manifest": "manifest",
    "corrections": "your corrections",
    "several": "several data sets",
}
_HEAD = ("Genre", "Clips", "Artists", "Artist unknown", "Hours")
# What a terminal shows of long lists; the exports have all.
_MOST_LINES = 20


def as_text(report: Report) -> str:
    """Plain text for a terminal; long lists are cut, and say so."""
    lines = [_title(report), ""]
    rows = [_HEAD, *_rows(report)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]
        lines.append("  " + "  ".join(cells).rstrip())
    for heading, entries in _lists(report):
        lines += ["", f"{heading} ({len(entries)})"]
        lines += [f"  {entry}" for entry in entries[:_MOST_LINES]]
        if len(entries) > _MOST_LINES:
            lines.append(f"  and {len(entries) - _MOST_LINES} more; --format json lists all")
    lines += ["", *_sentences(report)]
    return "\n".join(lines).rstrip() + "\n"


def as_markdown(report: Report) -> str:
    """Markdown, with complete lists."""
    lines = [f"# {_escaped(_title(report))}", "", _markdown_row(_HEAD)]
    lines.append("|---|" + "---:|" * (len(_HEAD) - 1))
    lines += [_markdown_row(row) for row in _rows(report)]
    for heading, entries in _lists(report):
        lines += ["", f"## {heading} ({len(entries)})", ""]
        lines += [f"- {_escaped(entry)}" for entry in entries]
    lines += ["", "## Worth knowing", "", *(f"- {_escaped(s)}" for s in _sentences(report))]
    return "\n".join(lines) + "\n"


def _title(report: Report) -> str:
    clips = sum(count.clips for count in report.genres)
    hours = sum(count.seconds for count in report.genres) / 3600
    return (
        f"{one_line(str(report.root))} ({_KINDS[report.kind]}): "
        f"{counted(clips, 'usable clip')}, {counted(len(report.genres), 'genre')}, "
        f"{hours:.1f} hours"
    )


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    for c in report.genres:
        yield c.genre, str(c.clips), str(c.artists), str(c.unknown), f"{c.seconds / 3600:.2f}"


def _lists(report: Report) -> Iterator[tuple[str, Sequence[str]]]:
    for heading, found in (
        ("Set aside", report.set_aside),
        ("Used, but not in order", report.warnings),
    ):
        if found:
            yield heading, [f"{one_line(report.shown(f.path))}: {f.reason}" for f in found]
    if report.duplicates:
        yield (
            "The same sound more than once",
            [
                " = ".join(one_line(report.shown(path)) for path in d.paths)
                + (f" (as {' and as '.join(d.genres)})" if len(d.genres) > 1 else "")
                for d in report.duplicates
            ],
        )


def _sentences(report: Report) -> list[str]:
    leaks = report.leaks
    lines = []
    if not report.is_complete:
        lines.append(f"Stopped after {report.checked} of {report.total} files.")
    if report.problem:
        lines.append(f"Nothing can be trained on it: {report.problem}.")
    if leaks.random_artists or leaks.random_sounds:
        lines.append(
            f"Split at random, {counted(leaks.random_artists, 'artist')} and "
            f"{counted(leaks.random_sounds, 'duplicated sound')} would stand on both sides; split "
            "by artist, none does."
        )
    if leaks.official_artists is not None and leaks.official_sounds is not None:
        lines.append(
            f"On both sides of the official split: {counted(leaks.official_artists, 'artist')} "
            f"and {counted(leaks.official_sounds, 'duplicated sound')}."
        )
    lines += [f"{note[:1].upper()}{note[1:]}." for note in report.notes]
    return lines or ["Nothing stands in the way of training on it."]


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_|<>[]" else c for c in text)
