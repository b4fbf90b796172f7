"""Results of ``fstmuse classify``, read again from the file they were written to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fstmuse_core.errors import FstMuseError
from fstmuse_core.regular_files import read_regular
from fstmuse_core.strict_json import parse_json
from fstmuse_core.tags.plan import Heard

_MOST_BYTES = 2**30
_HOW = "make one with: fstmuse classify FOLDER --output results.jsonl"


def read_results(file: Path) -> list[Heard]:
    """What was heard, file by file; of several results for a file the last counts.

    Takes JSON lines and JSON arrays. Paths are as they were given to ``fstmuse classify``, so
    relative ones count from the present folder. A last line that was cut off is left out.

    Raises
    ------
    FstMuseError
        If the file cannot be read, holds anything else, or results of several models.
    """
    try:
        text = read_regular(file, _MOST_BYTES).decode("utf-8")
    except OSError as error:
        raise FstMuseError(file, f"it cannot be read ({error.strerror})", _HOW) from error
    except UnicodeDecodeError as error:
        raise _not_results(file, "it is not text") from error
    whole = text.lstrip().startswith("[")
    found = {
        heard.path: heard
        for heard in (_from_array(file, text) if whole else _from_lines(file, text))
    }
    if not found:
        raise FstMuseError(file, "there are no results in it", _HOW)
    models = {heard.model_sha256: heard.model for heard in found.values()}
    if len(models) > 1:
        names = " and ".join(f"{name} ({sha256[:8]})" for sha256, name in models.items())
        raise FstMuseError(file, f"it holds results of several models: {names}", "use one for each")
    return list(found.values())


def _from_array(file: Path, text: str) -> list[Heard]:
    try:
        return [_heard(record) for record in parse_json(text)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _not_results(file, "it is no list of results") from error


def _from_lines(file: Path, text: str) -> list[Heard]:
    found = []
    # Only this ends a line: what else may is part of some file's name.
    *lines, last = text.split("\n")
    for number, line in enumerate(lines, 1):
        try:
            found.append(_heard(parse_json(line)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _not_results(file, f"line {number} is no result") from error
    if last and not found:
        raise _not_results(file, "line 1 is no result")
    return found


def _heard(record: Any) -> Heard:
    """One record; raises ``ValueError`` and others if it is none."""
    scores = {str(name): float(p) for name, p in record.get("probabilities", {}).items()}
    if not isinstance(record["path"], str) or not all(0.0 <= p <= 1.0 for p in scores.values()):
        raise ValueError("no result of a file")
    return Heard(
        Path(record["path"]),
        scores,
        is_sure=record.get("genre") is not None,
        model=str(record.get("model", "")),
        model_sha256=str(record.get("model_sha256", "")),
    )


def _not_results(file: Path, why: str) -> FstMuseError:
    return FstMuseError(file, f"these are no results of fstmuse classify ({why})", _HOW)
