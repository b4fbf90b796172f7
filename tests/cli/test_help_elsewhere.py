"""Shell completion and man pages, made from the commands; who to cite."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

import fstmuse_core
from fstmuse_core.cli.program import program

from .conftest import COMMAND, Run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def man_pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import make_man_pages

    return make_man_pages


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_a_script_it_understands(fstmuse: Run, shell: str, tmp_path: Path) -> None:
    outcome = fstmuse("completion", shell)

    assert (outcome.code, outcome.err) == (0, "")
    assert f"_FSTMUSE_COMPLETE={shell}_complete" in outcome.out
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(outcome.out)
        subprocess.run([shell, "-n", script], check=True)


def test_no_other_shell_is_known(fstmuse: Run) -> None:
    outcome = fstmuse("completion", "cmd")

    assert outcome.code == 2
    assert outcome.complaints[-1].endswith("'cmd' is not one of 'bash', 'zsh', 'fish'.")


@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("fstmuse li", {"library"}),
        ("fstmuse library im", {"import"}),
        ("fstmuse classify --sh", {"--shard"}),
        ("fstmuse classify --model toy", {"toy-model", "toy-gan"}),
        ("fstmuse classify --format j", {"json", "jsonl"}),
    ],
)
def test_words_are_completed(line: str, completed: set[str]) -> None:
    words = line.split()
    environment = {
        **os.environ,
        "_FSTMUSE_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }

    done = subprocess.run(COMMAND, capture_output=True, text=True, env=environment)

    assert done.stderr == ""
    assert {answer.split(",")[1] for answer in done.stdout.split()} == completed


def test_every_command_has_a_page_with_all_its_options(
    man_pages: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert man_pages.main([str(tmp_path / "man1")]) == 0

    written = [Path(line).name for line in capsys.readouterr().out.splitlines()]
    assert {"fstmuse.1", "fstmuse-classify.1", "fstmuse-library-import.1"} <= set(written)
    for names, command in man_pages.commands(program):
        text = (tmp_path / "man1" / f"{'-'.join(names)}.1").read_text("utf-8")
        assert "\n.SH NAME\n" in text
        plain = text.replace("\\-", "-")
        for option in _options(command):
            assert option in plain, names
        assert not re.search(r"^(?!\.[A-Z]{2}\b|\.B |\.nf|\.fi)[.']", text, re.MULTILINE)


def _options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield from parameter.opts


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_groff_has_no_complaint(man_pages: ModuleType) -> None:
    for names, command in man_pages.commands(program):
        text = man_pages.page(names, command)
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", "-K", "utf8"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == "", names
        assert "SYNOPSIS" in re.sub(".\x08", "", done.stdout)  # bold is overprinted


def test_the_examples_run(man_pages: ModuleType) -> None:
    assert doctest.testmod(man_pages).failed == 0


def test_the_citation_names_this_version() -> None:
    cited = (ROOT / "CITATION.cff").read_text("utf-8")

    assert f"\nversion: {fstmuse_core.__version__}\n" in cited


@pytest.fixture
def site_pages(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import site_pages

    return site_pages


def test_the_site_has_every_command_with_every_option(
    site_pages: ModuleType, man_pages: ModuleType
) -> None:
    page = site_pages.command_page()

    for names, command in man_pages.commands(program):
        assert re.search(rf"^#+ {re.escape(' '.join(names))}$", page, re.MULTILINE)
        for option in (each for each in command.params if isinstance(each, click.Option)):
            assert f"`{option.opts[0]}" in page or f", {option.opts[0]}" in page
    assert "fstmuse library classify" in page


def test_the_site_has_every_public_name(
    site_pages: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = site_pages.interface_page()
    shown = {line.rpartition(".")[2] for line in page.splitlines() if line.startswith("::: ")}
    assert shown == set(fstmuse_core.__all__) - {"__version__"}

    monkeypatch.setattr(fstmuse_core, "__all__", [*fstmuse_core.__all__, "novelty"])
    with pytest.raises(SystemExit, match="novelty"):
        site_pages.interface_page()


def test_the_site_shows_names_without_their_roles(site_pages: ModuleType) -> None:
    html = "made by :meth:<code>Session.push</code> and <code>:meth:</code>"

    assert site_pages.on_page_content(html, page=None) == (
        "made by <code>Session.push</code> and <code>:meth:</code>"
    )


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")

    assert [page.name for page in (ROOT / "docs").glob("*.md") if page.name not in menu] == []


def test_the_site_shows_what_lies_beside_its_pages(site_pages: ModuleType) -> None:
    pages = dict(site_pages.pages())

    assert "```python" in pages["notebooks/tour.md"]
    assert "CHANGELOG.md" in pages
    assert "models/fst-muse/CARD.md" in pages
    assert all(text.strip() for text in pages.values())
