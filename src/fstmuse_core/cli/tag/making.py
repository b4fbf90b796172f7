"""New versions of files, made and checked where a crash of a decoder costs one file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fstmuse_core.cli.common.isolated import MANY, IsolatedWork
from fstmuse_core.system.process_limits import DECODING, Limits
from fstmuse_core.tags.replacement import FileChangedError, MakeVersion, NewVersion, make_version

_Asked = tuple[Path, Path, tuple[str, ...], str, str]
# Elsewhere than on Linux the file counts too, which is mapped to be compared.
_MEMORY = DECODING.memory_bytes if sys.platform == "linux" else 8 * 2**30
# A file of several GB is read six times, and little of it is decoded.
_WRITING = Limits(memory_bytes=_MEMORY, cpu_s=600.0, work="writing its tags")


@contextmanager
def versions(count: int) -> Iterator[MakeVersion]:
    """Yield what :func:`~fstmuse_core.tags.batch.apply` takes for ``make``; for so many files.

    Another process makes each new version and compares what both play. If it crashes, hangs or
    takes all memory, that is an ``AudioError`` of the file, and the next file has a new process.
    """
    with IsolatedWork(_made, _path, limits=_WRITING, spawn=count >= MANY) as work:

        def make(*asked: *_Asked) -> NewVersion:
            version = work.result(asked)
            if isinstance(version, Exception):
                raise version
            if version is None:
                raise FileChangedError
            return version

        yield make


def _made(asked: _Asked) -> NewVersion | None:
    """Make a new version; ``None`` if somebody else has changed the file meanwhile."""
    try:
        return make_version(*asked)
    except FileChangedError:
        return None


def _path(asked: _Asked) -> str:
    return str(asked[0])
