"""JSON from files that others may have written: bounded, without what Python alone accepts."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_origin

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
