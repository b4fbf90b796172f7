"""Values of JSON: read as the fields of a dataclass, with checks, and made plain to be written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import Field, fields
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

from fstmuse_core.system.strict_json import typed

T = TypeVar("T")
Matrix = tuple[tuple[int, ...], ...]
# Takes all entries that no other field takes.
REST = "more"
# Of None, where a field has no default: lines of earlier versions may have it.
_NOTHING: Mapping[str, Any] = {"float": math.nan, "str": "", "Matrix": ()}


def key_of(one: Field[Any]) -> str:
    """Return the key that a field has in JSON: its name unless ``metadata`` has another."""
    return str(one.metadata.get("key", one.name))


def read_fields(kind: type[T], values: Mapping[str, Any], **made: Any) -> T:
    """Return a dataclass from values by their keys in JSON.

    Parameters
    ----------
    kind : type
        The dataclass; what JSON lacks, or has as ``None``, is its default, of a number NaN.
    values : mapping
    made : object
        Fields that are made already.

    Raises
    ------
    ValueError or TypeError
        If a value is missing, of another type, or a whole number of more than 32 bits, which Qt
        does not take; ``seed`` may have more.
    """
    found = dict(made)
    for one in fields(kind):  # type: ignore[arg-type]
        key = key_of(one)
        if one.name == REST:
            known = {key_of(other) for other in fields(kind)}  # type: ignore[arg-type]
            found[REST] = {key: value for key, value in values.items() if key not in known}
        elif one.name not in made and key in values:
            value = values[key]
            if value is None and one.type in _NOTHING:
                found[one.name] = _NOTHING[str(one.type)]
            elif value is not None:
                found[one.name] = _read(one, value, _types(cast(Any, kind))[one.name])
    return kind(**found)


def _read(one: Field[Any], value: Any, kind: Any) -> Any:
    if "float" in str(one.type):
        value = _floats(value)
    read = typed(value, kind)
    if "Any" not in str(one.type) and one.name != "seed":
        _check_size(read)
    return read


@cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _floats(value: Any) -> Any:
    """Return the same with NaN for ``None``, and floats for numbers that NumPy has made."""
    if value is None:
        return math.nan
    if isinstance(value, Mapping):
        return {key: _floats(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [_floats(one) for one in value]
    return float(value) if isinstance(value, float) else value


def _check_size(value: Any) -> None:
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple):
        for one in value:
            _check_size(one)
    elif isinstance(value, int) and not -(2**31) <= value < 2**31:
        raise ValueError("too large a number")


def plain(value: Any) -> Any:
    """Return the same as JSON has it: lists and dictionaries."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def without_nan(value: Any) -> Any:
    """Return the same with ``None`` for NaN, which not every reader of JSON knows."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
