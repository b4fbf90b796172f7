"""Files looked at and written where a crash, a hang or want of memory costs one file.

A decoder may do that to its whole process, so another process does what decodes: it looks at a
file for the preview, and makes and proves its new version. The command and the window's worker
both go through here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fstmuse_core.system.isolated import IsolatedWork
from fstmuse_core.system.process_limits import DECODING, Limits
from fstmuse_core.tags.extras import Extras
from fstmuse_core.tags.plan import Change, Each, FileGenres
from fstmuse_core.tags.replacement import FileChangedError, MakeVersion, NewVersion, make_version
from fstmuse_core.tags.tag_file import Genres

OnWait = Callable[[], None]
_Look = Callable[[FileGenres], Change]
_Asked = tuple[Path, Path, Genres, str, str, Extras]
# Elsewhere than on Linux the file counts too, which is mapped to be compared.
_MEMORY = DECODING.memory_bytes if sys.platform == "linux" else 8 * 2**30
# A file of several GB is read six times, and little of it is decoded.
_WRITING = Limits(memory_bytes=_MEMORY, cpu_s=600.0, work="writing its tags")


def _no_matter() -> None:
    pass


@contextmanager
def isolated_looks(
    *, spawn: bool, on_wait: OnWait = _no_matter, limits: Limits = DECODING
) -> Iterator[Each]:
    """Yield what :func:`~.plan.plan_changes` takes for ``each``; it serves several plans.

    Parameters
    ----------
    spawn : bool
        Start Python anew where this process cannot be copied; see
        :class:`~fstmuse_core.system.isolated.IsolatedWork`.
    on_wait : callable, optional
        Called several times a second while a file is in work.
    limits : Limits, optional
        Limits of the look at one file.
    """
    with IsolatedWork(_looked, _path_of_look, limits=limits, spawn=spawn) as work:

        def each(look: _Look, files: Iterable[FileGenres]) -> Iterator[Change | Exception]:
            for file in files:
                yield work.result((look, file), lambda _: on_wait())

        yield each


@contextmanager
def isolated_versions(
    *, spawn: bool, on_wait: OnWait = _no_matter, limits: Limits = _WRITING
) -> Iterator[MakeVersion]:
    """Yield what :func:`~.batch.apply` takes for ``make``.

    A crash, a hang or want of memory is an ``AudioError`` of the file, and the next file has a
    new process. The parameters are those of :func:`isolated_looks`.
    """
    with IsolatedWork(_made, _path_of_version, limits=limits, spawn=spawn) as work:

        def make(*asked: *_Asked) -> NewVersion:
            version = work.result(asked, lambda _: on_wait())
            if isinstance(version, Exception):
                raise version
            if version is None:
                raise FileChangedError
            return version

        yield make


def _looked(asked: tuple[_Look, FileGenres]) -> Change:
    look, file = asked
    return look(file)


def _path_of_look(asked: tuple[_Look, FileGenres]) -> str:
    return str(asked[1].path)


def _made(asked: _Asked) -> NewVersion | None:
    """Make a new version; ``None`` if somebody else has changed the file meanwhile."""
    try:
        return make_version(*asked)
    except FileChangedError:
        return None


def _path_of_version(asked: _Asked) -> str:
    return str(asked[0])
