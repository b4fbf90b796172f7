"""Values of JSON texts, checked against a type."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fstmuse_core.system.strict_json import parse_json, typed


@dataclass(frozen=True)
class Song:
    path: Path
    seconds: float
    genres: tuple[str, ...] = ()


def test_values_become_a_type() -> None:
    text = '[{"path": "/m/\\udcff.mp3", "seconds": 3, "genres": ["Forró"], "more": null}]'
    assert typed(parse_json(text), list[Song]) == [Song(Path("/m/\udcff.mp3"), 3.0, ("Forró",))]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "Expected `object`, got `array`"),
        ('{"path": "a"}', "missing required field `seconds`"),
        ('{"path": 1, "seconds": 1}', r"Expected `str`, got int - at `\$.path`"),
        ('{"path": "a", "seconds": "1"}', r"Expected `float`, got `str` - at `\$.seconds`"),
        ('{"path": "a", "seconds": true}', r"Expected `float`, got `bool` - at `\$.seconds`"),
        ('{"path": "a", "seconds": NaN}', "NaN is not a JSON number"),
        ('{"path": "a", "seconds": 1, "seconds": 2}', "twice"),
        ('{"path": "a", "seconds": 1, "genres": [null]}', r"at `\$.genres\[0\]`"),
        ('{"path": "a", "seconds": 1, "\\udcff": 1}', "surrogates"),
    ],
)
def test_what_is_of_another_type_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        typed(parse_json(text), Song)
