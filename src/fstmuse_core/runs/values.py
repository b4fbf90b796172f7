"""Values of JSON, checked as they are read, and made plain as they are written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Matrix = tuple[tuple[int, ...], ...]


def whole(value: Any) -> int:
    """Return an int of 32 bits, as Qt takes them; raises ``ValueError``, also of infinity."""
    if not -(2**31) <= value < 2**31:
        raise ValueError("too large a number")
    return int(value)


def number(value: Any) -> float:
    """Return a float; NaN for ``None``."""
    return math.nan if value is None else float(value)


def counts(values: Mapping[Any, Any]) -> dict[str, int]:
    """Return whole numbers by name."""
    return {str(key): whole(count) for key, count in values.items()}


def numbers(values: Mapping[Any, Any]) -> dict[str, float]:
    """Return floats by name; NaN for ``None``."""
    return {str(key): number(value) for key, value in values.items()}


def matrix(rows: Any) -> Matrix:
    """Return rows of whole numbers; empty for ``None``."""
    return tuple(tuple(whole(count) for count in row) for row in rows or ())


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
