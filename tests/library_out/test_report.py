"""The report: whole, true, and harmless whatever files are called."""

from __future__ import annotations

from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from fstmuse_core.library import report
from fstmuse_core.library.disagreement import agreement
from fstmuse_core.library.report import render_report, write_report
from fstmuse_core.library.rows import ReviewKind, State
from fstmuse_core.library.truth import Label
from fstmuse_core.system.errors import FstMuseError
from tests.library_out.conftest import MODEL, failed, make_row, unsure

NOW = datetime(2026, 3, 1, 12, 30)
NASTY = '/m/<script>alert("1")</script>&\udcff\x1b.mp3'


class Page(HTMLParser):
    """What a browser would make of it: tags, their attributes, the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.values: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "


def test_it_tells_shares_and_reasons() -> None:
    rows = [
        *(make_row(f"/m/rock{i}.mp3") for i in range(5)),
        make_row("/m/said.mp3", genre="Jazz", review_genre="Folk", review=ReviewKind.CORRECTED),
        unsure("/m/unsure.mp3"),
        make_row("/m/gone.mp3", state=State.GONE),
        failed("/m/bad.mp3"),
    ]
    page = Page(render_report(rows, MODEL, now=NOW))

    assert page.open == []
    words = " ".join(page.words.split())
    assert "As heard by The first ( first , aaaaaaaa) · 01 March 2026, 12:30" in words
    assert "8 files 7 heard" in words
    assert "Rock 5 71 % Folk 1 14 % Not sure 1 14 %" in words
    assert "two genres too close to call 1 100 %" in words
    assert "/m/bad.mp3 it is damaged; get the file again" in words
    assert "gone.mp3" not in words


def test_names_cannot_break_out() -> None:
    model = MODEL._replace(title="<img src=x onerror=1>", name='"><b>', genres=("<i>", "Rock"))
    rows = [
        make_row(NASTY, genre="<i>", verdict="<u>"),
        unsure(NASTY + "2"),
        failed(NASTY + "3", error="<iframe>"),
    ]
    labels = [Label(NASTY, ("<svg>", "Rock"), ("Rock",))]
    text = render_report(rows, model, truth=agreement(rows, model, labels), now=NOW)

    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "iframe", "svg", "b>", "link", "u"} & set(page.tags)
    assert text.count("<script") == 0
    assert text.encode("utf-8")  # no odd byte is left
    assert "\x1b" not in text
    assert page.words.count("alert") == 3


def test_it_asks_nothing_of_the_network() -> None:
    text = render_report([make_row()], MODEL, now=NOW)
    page = Page(text)
    assert not {"src", "href", "srcset", "action"} & {name for name, _ in page.values}
    assert "url(" not in text
    assert "@import" not in text
    assert any("default-src 'none'" in (value or "") for _, value in page.values)


def test_the_style_sheet_is_part_of_it() -> None:
    style = (Path(report.__file__).with_name("templates") / "report.css").read_text("utf-8")
    assert f"<style>\n{style}</style>" in render_report([], MODEL, now=NOW)


def test_light_and_dark() -> None:
    text = render_report([], MODEL, now=NOW)
    assert "prefers-color-scheme: dark" in text
    assert "Nothing has been heard yet." in text


def test_a_huge_library_makes_a_small_page() -> None:
    rows = [unsure(f"/m/{i}.mp3") for i in range(5000)]
    text = render_report(rows, MODEL, now=NOW)
    assert len(text) < 200_000
    assert "And 4,800 more" in text


def test_agreement_is_part_of_it_if_asked_for() -> None:
    rows = [make_row("/m/a.mp3"), make_row("/m/b.mp3", confidence=0.97)]
    labels = [Label("/m/a.mp3", ("rock",), ("Rock",)), Label("/m/b.mp3", ("bebop",), ("Jazz",))]
    page = Page(render_report(rows, MODEL, truth=agreement(rows, MODEL, labels), now=NOW))
    words = " ".join(page.words.split())
    assert "Tags are opinions too" in words
    assert "/m/b.mp3 bebop Rock 97 %" in words


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(FstMuseError, match="it cannot be written"):
        write_report(tmp_path / "no" / "report.html", [], MODEL)
    write_report(tmp_path / "report.html", [make_row()], MODEL)
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
