"""One HTML file that shows what a library holds; it needs no network and no script."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from fstmuse_core.classify.result import Doubt
from fstmuse_core.library.disagreement import CAVEAT, Agreement
from fstmuse_core.library.rows import KnownModel, LibraryRow, State, said_genre
from fstmuse_core.system.atomic_write import open_whole
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted

STYLE = """\
:root {
  --ground: #ffffff; --sheet: #f5f6f8; --line: #dfe2e8; --ink: #1c2027; --soft: #5a6372;
  --accent: #3f6fd8; --quiet: #a9b1bf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181d; --sheet: #1e2229; --line: #323843; --ink: #e8eaee; --soft: #a3abb9;
    --accent: #7ba2f5; --quiet: #5d6675;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 3rem 1.5rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.25rem; margin: 0; }
p { color: var(--soft); margin: 0.25rem 0 1rem; }
section { margin-top: 3rem; }
code { font-size: 0.9em; }
.tiles {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: 0.5rem;
  margin: 1.5rem 0 0;
}
.tiles div { background: var(--sheet); border-radius: 8px; padding: 0.75rem 1rem; }
.tiles dd { margin: 0; font-size: 1.5rem; font-weight: 600; line-height: 1.3; }
.tiles dt { color: var(--soft); font-size: 0.875rem; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars { table-layout: fixed; }
.bars th { width: 30%; padding: 0.25rem 1rem 0.25rem 0; overflow-wrap: anywhere; }
.bars .n { width: 5.5rem; padding-left: 1rem; }
.bar i { display: block; height: 1rem; min-width: 2px; border-radius: 4px;
  background: var(--accent); }
.quiet .bar i, i.quiet, .key.quiet { background: var(--quiet); }
.quiet th { color: var(--soft); }
.key { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 3px;
  background: var(--accent); margin: 0 0.15rem 0 0.75rem; }
.columns { display: grid; grid-template-columns: repeat(10, minmax(0, 1fr)); gap: 0.5rem;
  align-items: end; }
.columns div { text-align: center; font-size: 0.75rem; }
.columns i { display: block; background: var(--accent); }
.columns i.quiet { background: var(--quiet); }
.columns b { font-weight: 500; font-variant-numeric: tabular-nums; }
.columns span { display: block; color: var(--soft); border-top: 1px solid var(--line);
  padding-top: 0.25rem; white-space: nowrap; }
.list { font-size: 0.875rem; margin-top: 0.5rem; }
.list th { color: var(--soft); border-bottom: 1px solid var(--line); padding: 0.4rem 1rem 0.4rem 0;
  white-space: nowrap; }
.list td { border-bottom: 1px solid var(--line); padding: 0.4rem 1rem 0.4rem 0;
  vertical-align: top; }
.list td:first-child { overflow-wrap: anywhere; }
.list td.n { text-align: left; }
details { margin-top: 1rem; }
summary { cursor: pointer; font-weight: 500; }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 4px; border-radius: 2px; }
@media (max-width: 36rem) {
  main { padding: 1.5rem 1rem 2rem; }
  .columns { gap: 0.125rem; }
  .columns div { font-size: 0.625rem; }
  .bars .n { width: 3.75rem; padding-left: 0.5rem; }
}
@media print {
  main { max-width: none; padding: 0; }
  section, .tiles div { break-inside: avoid; }
  i { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


# Report -------------------------------------------------------------------------------------

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
        What ``model`` says of the library.
    truth : Agreement, optional
        How far it agrees with the genres that files already have.
    note : str
        What to know before believing that.
    now : datetime, optional
        The moment it tells of itself.

    Raises
    ------
    FstMuseError
        If the file cannot be written.
    """
    text = render_report(rows, model, truth=truth, note=note, now=now)
    try:
        with open_whole(path) as stream:
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
    """The report as text; see :func:`write_report`."""
    present = [row for row in rows if row.state is not State.GONE]
    heard = [row for row in present if row.state is State.DONE]
    made = f"{(now or datetime.now()):%d %B %Y, %H:%M}"
    body = [
        "<header><h1>Music library</h1>",
        f"<p>As heard by {_text(model.title)} "
        f"(<code>{_text(model.name)}</code>, {_text(model.sha256[:8])}) · {made}</p></header>",
        _tiles(present, heard),
        _genres(present, heard),
        _confidences(heard),
        _agreement(truth, note) if truth is not None else "",
        _unsure(heard),
        _failed(present),
    ]
    return _PAGE.format(style=STYLE, body="\n".join(part for part in body if part))


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="FstMuse">
<title>Music library</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def _text(value: str) -> str:
    """Any text as HTML: its control characters and odd bytes are made visible."""
    return html.escape(one_line(value))


def _tiles(present: Sequence[LibraryRow], heard: Sequence[LibraryRow]) -> str:
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
    cells = "".join(f"<div><dd>{value}</dd><dt>{label}</dt></div>" for label, value in figures)
    return f'<dl class="tiles">{cells}</dl>'


def _share(part: int, whole: int) -> str:
    if not whole:
        return "–"  # noqa: RUF001
    if 0 < part < whole and not 0.005 <= part / whole < 0.995:
        return "under 1 %" if part / whole < 0.5 else "over 99 %"
    return f"{100 * part / whole:.0f} %"


def _section(title: str, lead: str, content: str) -> str:
    return f"<section><h2>{title}</h2><p>{lead}</p>{content}</section>"


def _bars(entries: Iterable[tuple[str, int, str]], whole: int) -> str:
    """Rows of label, bar, count and share; ``whole`` is what all of them are a share of."""
    entries = list(entries)
    longest = max((count for _, count, _ in entries), default=0) or 1
    lines = [
        f'<tr class="{kind}"><th scope="row">{_text(label)}</th>'
        f'<td class="bar"><i style="width:{100 * count / longest:.2f}%"></i></td>'
        f'<td class="n">{count:,}</td><td class="n">{_share(count, whole)}</td></tr>'
        for label, count, kind in entries
    ]
    return f'<table class="bars"><tbody>{"".join(lines)}</tbody></table>'


def _genres(present: Sequence[LibraryRow], heard: Sequence[LibraryRow]) -> str:
    said = Counter(genre for row in present if (genre := said_genre(row)) is not None)
    unsure = sum(said_genre(row) is None for row in heard)
    if not said and not unsure:
        return _section("Genres", "Nothing has been heard yet.", "")
    entries = [(genre, count, "") for genre, count in said.most_common()]
    if unsure:
        entries.append(("Not sure", unsure, "quiet"))
    lead = "The share of each genre over what was heard; what you said goes before the model."
    return _section("Genres", lead, _bars(entries, said.total() + unsure))


def _confidences(heard: Sequence[LibraryRow]) -> str:
    heard = [row for row in heard if row.genre is not None]
    if not heard:
        return ""
    tenths = [[0, 0] for _ in range(_TENTHS)]
    for row in heard:
        tenths[min(int(row.confidence * _TENTHS), _TENTHS - 1)][not row.is_sure] += 1
    highest = max(map(sum, tenths))
    columns = [
        f'<div title="{_range(at)} %: {sure:,} named, {unsure:,} not sure">'
        f"<b>{sure + unsure:,}</b>"
        f'<i class="quiet" style="height:{_height(unsure, highest)}"></i>'
        f'<i style="height:{_height(sure, highest)}"></i><span>{_range(at)}</span></div>'
        for at, (sure, unsure) in enumerate(tenths)
    ]
    lead = (
        "Files by how probable their likeliest genre is, in per cent. "
        '<span class="key"></span> named <span class="key quiet"></span> not sure'
    )
    return _section("How sure the model is", lead, f'<div class="columns">{"".join(columns)}</div>')


def _height(count: int, highest: int) -> str:
    # In rem: a share of a column whose own height is not given would be nothing.
    return f"{9 * count / highest:.3f}rem"


def _range(tenth: int) -> str:
    return f"{10 * tenth}–{10 * tenth + 10}"  # noqa: RUF001


def _agreement(truth: Agreement, note: str) -> str:
    head = ("Genre", "Labelled", "Same", "Other", "Not sure")
    rows = [
        (one.genre, one.labelled, one.agreed, one.differed, one.unsure)
        for one in truth.genres
        if one.labelled
    ]
    table = _table(head, rows) if rows else ""
    listed = [
        (one.path, "; ".join(one.labelled), one.named, f"{100 * one.confidence:.0f} %")
        for one in truth.disagreements
    ]
    files = _list("Where they differ, the surest first", ("File", "Label", "Model", ""), listed)
    lead = " ".join(_text(part) for part in (note, truth.sentence, CAVEAT) if part)
    return _section("Against the genres that were there", lead, table + files)


def _unsure(heard: Sequence[LibraryRow]) -> str:
    unsure = [row for row in heard if not row.is_sure and row.review is None]
    if not unsure:
        return ""
    reasons = Counter(_DOUBTS.get(row.doubt or "", "for another reason") for row in unsure)
    entries = [(reason, count, "quiet") for reason, count in reasons.most_common()]
    listed = [(row.path, row.verdict) for row in _by_path(unsure)]
    return _section(
        "Not sure",
        "Of these the model would rather say nothing than guess; listen to them first.",
        _bars(entries, len(unsure)) + _list("The files", ("File", "Why"), listed),
    )


def _failed(present: Sequence[LibraryRow]) -> str:
    failed = [row for row in present if row.state is State.FAILED]
    if not failed:
        return ""
    listed = [(row.path, row.error or "") for row in _by_path(failed)]
    return _section(
        "Failed",
        f"{counted(len(failed), 'file')} could not be heard.",
        _list("The files", ("File", "Why"), listed, is_open=len(failed) <= 20),
    )


def _by_path(rows: Iterable[LibraryRow]) -> list[LibraryRow]:
    return sorted(rows, key=lambda row: row.path)


def _list(
    title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, is_open: bool = False
) -> str:
    if not rows:
        return ""
    more = len(rows) - _LONGEST_LIST
    rest = f"<p>And {more:,} more; an export holds them all.</p>" if more > 0 else ""
    state = " open" if is_open else ""
    return (
        f"<details{state}><summary>{title} ({len(rows):,})</summary>"
        f"{_table(head, rows[:_LONGEST_LIST])}{rest}</details>"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    titles = "".join(f'<th scope="col">{_text(title)}</th>' for title in head)
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f'<table class="list"><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>'


def _cell(value: str | int) -> str:
    if isinstance(value, int):
        return f'<td class="n">{value:,}</td>'
    return f"<td>{_text(value)}</td>"
