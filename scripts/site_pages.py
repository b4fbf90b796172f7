"""Pages of the site that are made from the program itself, as a hook of MkDocs.

``mkdocs.yml`` names it. The commands come from the command line's own definitions, the interface
from the names that :mod:`fstmuse_core` makes public, the notebooks from their cells, and what lies
beside ``docs`` in the checkout (cards, changes, pictures) is taken from there.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "scripts")]

from make_man_pages import commands  # noqa: E402

import fstmuse_core  # noqa: E402
from fstmuse_core.cli.program import program  # noqa: E402

_BESIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
# Only the checkout has them; the site leads to no place that some copies of it lack.
_UNLINKED = re.compile(r"\[([^\]]+)\]\((?:\.\./)*(?:benchmarks|src|NOTICE|LICENSE)[^)]*\)")
_GROUPS = {
    "Listening": ("load_audio", "mel_spectrogram", "SpectrogramConfig"),
    "Classifying": (
        "GenreClassifier",
        "Classification",
        "Verdict",
        "Timeline",
        "Tagged",
        "Trait",
        "ActivationMap",
        "Session",
        "ClassificationCancelledError",
    ),
    "Making": (
        "ClipGenerator",
        "BeatWish",
        "GeneratedClip",
        "save_clip",
        "GenerationCancelledError",
        "invert_mel",
        "InversionCancelledError",
    ),
    "Learning": ("learn", "list_models"),
    "Errors": ("FstMuseError", "AudioError", "BundleError", "GenerateError", "InversionError"),
}


def command_page() -> str:
    """Every command with its options, as Markdown."""
    parts = [
        "# Commands\n",
        "`scripts/run` in a checkout is `fstmuse` where it is installed. This page is made from "
        "the command line itself, which says the same with `--help`; see also "
        "[man pages and completion](index.md#man-pages-and-completion).\n",
    ]
    for names, command in commands(program):
        parts += _command(names, command)
    return "\n".join(parts)


def _command(names: Sequence[str], command: click.Command) -> Iterator[str]:
    context = click.Context(
        command, info_name=" ".join(names), help_option_names=["-h", "--help"], terminal_width=80
    )
    yield f"{'#' * min(4, len(names) + 1)} {' '.join(names)}\n"
    usage = " ".join((*names, *command.collect_usage_pieces(context)))
    yield f"```\n{usage}\n```\n"
    for paragraph in re.split(r"\n\s*\n", (command.help or "").strip()):
        if paragraph.startswith("\b\n"):  # click leaves its lines as they are
            yield "```\n" + "\n".join(paragraph.splitlines()[1:]) + "\n```\n"
        else:
            yield _escaped(" ".join(paragraph.split())) + "\n"
    records = [
        record
        for parameter in command.get_params(context)
        if (record := parameter.get_help_record(context)) is not None
    ]
    if records:
        yield "| option | |\n|---|---|"
        yield from (f"| `{_cell(option)}` | {_cell(_escaped(text))} |" for option, text in records)
        yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _escaped(text: str) -> str:
    """Text in which nothing is taken for Markdown."""
    return re.sub(r"([\\`*_<>\[\]{}#])", r"\\\1", text)


def interface_page() -> str:
    """Every public name, grouped by what one does with it."""
    listed = [name for names in _GROUPS.values() for name in names]
    missing = set(fstmuse_core.__all__) - {*listed, "__version__"}
    if missing or len(set(listed)) != len(listed):
        raise SystemExit(f"put into a group of scripts/site_pages.py: {sorted(missing)}")
    introduction = (fstmuse_core.__doc__ or "").split("::", 1)[0].replace("``", "`")
    parts = ["# The interface for Python\n", introduction.split("\n\n", 1)[1] + ":\n"]
    parts += ["```python\n" + _example() + "\n```\n"]
    for title, names in _GROUPS.items():
        parts.append(f"## {title}\n")
        for name in names:
            parts.append(f"::: {_home(name)}\n    options: {{heading_level: 3}}\n")
    return "\n".join(parts)


def _example() -> str:
    block = (fstmuse_core.__doc__ or "").split("::\n\n", 1)[1].split("\n\nAll that", 1)[0]
    return "\n".join(line.removeprefix("    ") for line in block.splitlines())


def _home(name: str) -> str:
    value = getattr(fstmuse_core, name)
    return f"{value.__module__}.{name}"


def notebook_page(path: Path) -> str:
    """A notebook's cells as Markdown."""
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    parts = []
    for cell in cells:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
    return "\n\n".join(parts) + "\n"


def pages() -> Iterator[tuple[str, str]]:
    """Yield the address and the Markdown of each page that is made."""
    yield "commands.md", command_page()
    yield "api.md", interface_page()
    for notebook in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")):
        yield f"notebooks/{notebook.stem}.md", notebook_page(notebook)
    for name in _BESIDE:
        yield name, (ROOT / name).read_text(encoding="utf-8")
    for card in sorted((ROOT / "models").glob("*/CARD.md")):
        yield f"models/{card.parent.name}/CARD.md", card.read_text(encoding="utf-8")


def on_files(files: Any, config: Any) -> Any:
    """Add what is made to the files of the site."""
    from mkdocs.structure.files import File

    for address, text in pages():
        files.append(File.generated(config, address, content=text))
    for picture in sorted((ROOT / "assets").rglob("*")):
        if picture.suffix in (".png", ".svg"):
            address = f"assets/{picture.relative_to(ROOT / 'assets').as_posix()}"
            files.append(File.generated(config, address, abs_src_path=str(picture)))
    for notebook in [file for file in files if file.src_uri.endswith(".ipynb")]:
        files.remove(notebook)  # its page stands for it
    return files


# Docstrings say :meth:`load`, which Sphinx and editors understand.
_ROLE = re.compile(r":(?:func|meth|class|mod|attr|data):<code>~?")


def on_page_content(html: str, **_: Any) -> str:
    """Leave names in docstrings without the role that they have in the source."""
    return _ROLE.sub("<code>", html)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links that lead out of ``docs`` in a checkout lead to the site's own pages."""
    if page.file.src_uri in _BESIDE:
        markdown = markdown.replace("](docs/", "](")
    elif "/" not in page.file.src_uri:
        markdown = re.sub(r"\]\(\.\./(assets|models)/", r"](\1/", markdown)
    return _UNLINKED.sub(r"\1", markdown)
