"""JSON from files that others may have written: bounded, typed, without what Python alone takes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import Field, fields
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast, get_origin, get_type_hints

T = TypeVar("T")

# Of a random number generator's state, 39; nothing else has more.
_MAX_DIGITS = 40


def parse_json(data: bytes | str, *, allow_infinity: bool = False, allow_nan: bool = False) -> Any:
    """Return the value of a JSON text.

    Parameters
    ----------
    data : bytes or str
        UTF-8; how much of it there may be is for the caller to limit.
    allow_infinity : bool
        Take ``Infinity`` as a number, as Python writes it.
    allow_nan : bool
        Take ``NaN`` as one, as the loss of a training that diverges.

    Raises
    ------
    ValueError
        If it is no JSON, is nested too deeply, has a key twice in one object, or holds a
        number that is not finite or has more than 40 digits.
    """

    def constant(name: str) -> float:
        if allow_infinity and name == "Infinity":
            return math.inf
        if allow_nan and name == "NaN":
            return math.nan
        raise ValueError(f"{name} is not a JSON number")

    try:
        return json.loads(
            data,
            parse_constant=constant,
            parse_float=_finite,
            parse_int=_whole,
            object_pairs_hook=_unique,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def typed(values: Any, kind: type[T], *, complete: bool = False) -> T:
    """Return plain values of a JSON text as a type, checked all the way down.

    Parameters
    ----------
    values : object
        As :func:`parse_json` returns them.
    kind : type
        A dataclass, ``list[str]`` and the like. Nothing is converted but whole numbers to
        ``float``, lists to ``tuple``, strings to ``Path``, and lists of numbers to arrays of
        float32; entries that a dataclass lacks are passed over.
    complete : bool
        Of a dataclass, ask for the entries too that have a default.

    Raises
    ------
    ValueError
        If something is missing or of another type; it says where.
    """
    import msgspec

    for one in fields(kind) if complete else ():  # type: ignore[arg-type]
        if one.name not in values:
            raise ValueError(f"{one.name!r} is missing")
    try:
        return msgspec.convert(values, kind, dec_hook=_made)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _made(kind: Any, value: Any) -> Any:
    """Make what msgspec cannot: a ``Path`` or an ``npt.NDArray[np.float32]``."""
    if kind is Path and isinstance(value, str):
        return Path(value)
    if get_origin(kind) is not None:
        import numpy as np

        return np.asarray(typed(value, list[float]), dtype=np.float32)
    raise ValueError(f"Expected `str`, got {type(value).__name__}")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse_number(text)
    return value


def _whole(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        _refuse_number(text)
    return int(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(
        f"{text[:12]}... is too large a number"
        if len(text) > 12
        else f"{text} is too large a number"
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("it has an entry twice")
    return values


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
