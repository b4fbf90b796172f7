"""Docstrings open with a verb or a noun, as in the fields whose words we use."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_SOURCES = ("src", "benchmarks", "scripts")
_OPENINGS = re.compile(
    r"\W*(What|Which|Whether|How|Where|When|Why|Who|Whom|Whose|That|If|So|See)\b"
)
_SECTIONS = ("Attributes", "Parameters", "Returns", "Yields")


def odd_openings(source: str) -> Iterator[str]:
    """Yield the openings of docstrings, and of what they say of one value, that are neither."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (ast.get_docstring(node) or "").splitlines()
            yield from (line for line in (*lines[:1], *_of_values(lines)) if _is_odd(line))


def _is_odd(line: str) -> bool:
    return _OPENINGS.match(line) is not None


def _of_values(lines: list[str]) -> Iterator[str]:
    """Yield the first line on each attribute, parameter and returned value."""
    section = ""
    for i, line in enumerate(lines[1:], 1):
        if re.fullmatch("-{3,}", line):
            section = lines[i - 1]
        elif section in _SECTIONS and line.startswith(" ") and not lines[i - 1].startswith(" "):
            yield line.strip()


@pytest.mark.parametrize("folder", _SOURCES)
def test_docstrings_open_with_a_verb_or_a_noun(folder: str) -> None:
    odd = [
        f"{path.relative_to(_ROOT)}: {opening}"
        for path in sorted((_ROOT / folder).rglob("*.py"))
        for opening in odd_openings(path.read_text(encoding="utf-8"))
    ]
    assert odd == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""Whether it is so."""', ["Whether it is so."]),
        ('def f():\n    """What it gives."""', ["What it gives."]),
        (
            'class A:\n    """A thing.\n\n    Attributes\n    ----------\n    size : int\n'
            '        How large it is.\n    name : str\n        Its name.\n    """',
            ["How large it is."],
        ),
        ('"""Howard\'s formula.\n\nWhether it holds is open.\n"""', []),
    ],
)
def test_odd_openings_are_found(source: str, found: list[str]) -> None:
    assert list(odd_openings(source)) == found
