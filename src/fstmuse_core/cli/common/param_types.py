"""Kinds of values for options and arguments, where click's own let too much through."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

Command = TypeVar("Command", bound=Callable[..., Any])
_EMPTY = "it is empty; give a name"


class SomePath(click.Path):
    """A path. An empty one is refused, which Python would take for the current folder.

    Whether it can be read is seen when it is read: one file of many that cannot costs itself.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"readable": False, **options})

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert a value, as :class:`click.ParamType` does."""
        if not os.fspath(value):
            self.fail(_EMPTY, param, ctx)
        return super().convert(value, param, ctx)


class SomeName(click.types.StringParamType):
    """The name of a model or its folder; an empty one is refused for the same reason."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Convert a value, as :class:`click.ParamType` does."""
        if not value:
            self.fail(_EMPTY, param, ctx)
        return super().convert(value, param, ctx)


class ModelName(SomeName):
    """The name of a model, or a folder, which is checked as an import is before it is used."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Convert a value, as :class:`click.ParamType` does."""
        from fstmuse_core.bundle.bundle import bundle_folders, name_key

        name = super().convert(value, param, ctx)
        known = {name_key(folder) for folder in bundle_folders()}
        if name_key(name) in known or not os.path.isdir(name):
            return name
        from fstmuse_core.bundle.importing import checked_folder
        from fstmuse_core.cli.common.console import say

        return str(checked_folder(name, tell=lambda step: say(f"{step} ...")))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete a value by the names of the models that are there."""
        from fstmuse_core.bundle.bundle import bundle_folders

        return [CompletionItem(name) for name in bundle_folders() if name.startswith(incomplete)]


def _range_of(kind: click.IntRange | click.FloatRange, described: str) -> str:
    """The range for help texts; click would say "x<=None" where there is none."""
    return "" if kind.min is None and kind.max is None else described


class Whole(click.IntRange):
    """A whole number in plain digits; Python alone takes those of any script, and "1_0"."""

    def _describe_range(self) -> str:
        return _range_of(self, super()._describe_range())

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Convert a value, as :class:`click.ParamType` does."""
        if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]{1,40}", value):
            self.fail(f"{value!r} is not a whole number", param, ctx)
        return int(super().convert(value, param, ctx))


def shard(value: str) -> tuple[int, int]:
    """Part K of N as ``(K, N)``, from ``K/N``; raises ``click.BadParameter``."""
    found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", value)
    part, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= part <= count:
        raise click.BadParameter(f"{value!r} is no part of a whole; write 3/16 for the third of 16")
    return part, count


class Cluster(click.ParamType[str]):
    """The address of a dask scheduler."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Convert a value, as :class:`click.ParamType` does."""
        from fstmuse_core.system.cluster import ADDRESS

        found = ADDRESS.fullmatch(str(value))
        if found is None or not 0 < int(found[3]) < 65_536:
            self.fail(f"{value!r} is no scheduler's address; write tcp://host:8786", param, ctx)
        return str(value)


def cluster_option(what: str) -> Callable[[Command], Command]:
    """``--cluster``; ``what`` is done there."""
    return click.option(
        "--cluster",
        type=Cluster(),
        metavar="ADDRESS",
        help=f"{what} on the workers of this dask scheduler, as in tcp://host:8786. They read the "
        "files under the same paths (pip install 'fstmuse[cluster]').",
    )


class Number(click.FloatRange):
    """A finite number in plain digits. NaN lies outside of no range, so it needs its own check."""

    def _describe_range(self) -> str:
        return _range_of(self, super()._describe_range())

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Convert a value, as :class:`click.ParamType` does."""
        if isinstance(value, str) and (not value.isascii() or "_" in value):
            self.fail(f"{value!r} is not a number", param, ctx)
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a finite number", param, ctx)
        return number


class Span(click.ParamType[tuple[float, float]]):
    """A range of numbers, ``90-120``, or one number for all that round to it."""

    name = "range"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """Convert a value, as :class:`click.ParamType` does."""
        if isinstance(value, tuple):
            return value
        number = r"(-?[0-9]{1,6}(?:\.[0-9]{1,6})?)"
        found = re.fullmatch(
            rf"{number}(?: *(?:-|\.\.|:) *{number})?", str(value).strip(), re.ASCII
        )
        if found is None:
            self.fail(f"{value!r} is no range; write it as in 90-120 or -12..-8", param, ctx)
        low = float(found[1])
        low, high = (low - 0.5, low + 0.5) if found[2] is None else (low, float(found[2]))
        if low > high:
            self.fail(f"{value!r} runs backwards; write the smaller number first", param, ctx)
        return low, high


class KeyName(click.ParamType[str]):
    """A musical key: ``C``, ``F#``, ``Bbm``, ``a minor``."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Convert a value, as :class:`click.ParamType` does."""
        from fstmuse_core.audio.key import key_name

        found = key_name(str(value))
        if found is None:
            self.fail(f"{value!r} is no key; write C, F# or Bbm", param, ctx)
        return found


class Percent(Number):
    """A number from 0 to 100."""

    def __init__(self) -> None:
        super().__init__(0, 100)


def tag_encoding_option(also: str = "") -> Callable[[Command], Command]:
    """``--tag-encoding``; ``also`` says what becomes of it beyond one reading."""
    return click.option(
        "--tag-encoding",
        metavar="NAME",
        help="Of texts that old tags say are Latin-1, such as cp932 or cp1251; auto finds it out "
        f"and is the default. {also}No file is changed.",
    )


# As fstmuse_core.datasets.track has them, which is not loaded for --help.
kind_option = click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(("auto", "folders", "tags", "manifest", "fma")),
    help="Where the genres stand: in names of folders, in tags, in a manifest, in FMA's tables. "
    "Once for all data sets, or once for each in their order; found out if not given.",
)
