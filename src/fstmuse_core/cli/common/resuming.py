"""``fstmuse classify --resume``: what was done before a kill is not done again."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.classify.result import Classification
from fstmuse_core.classify.runner import ClassifierRunner
from fstmuse_core.cli.common.many_files import in_order
from fstmuse_core.cli.common.output import identity, open_lines, writing
from fstmuse_core.cli.common.results import Choice
from fstmuse_core.library.database import Library
from fstmuse_core.library.file_task import (
    ClassifiedFile,
    FailedFile,
    LibraryTask,
    Unusable,
    as_found_here,
)
from fstmuse_core.library.queue import Queue
from fstmuse_core.library.scan import found_files, note_files
from fstmuse_core.system.atomic_write import is_special, open_atomic
from fstmuse_core.system.errors import AudioError, BundleError, FstMuseError, one_line
from fstmuse_core.system.regular_files import read_regular
from fstmuse_core.system.strict_json import parse_json

_MOST_BYTES = 2**30


Answer = Classification | FstMuseError
_Outcome = ClassifiedFile | FailedFile | Unusable


def answers(
    library: Library, bundle: Bundle, paths: Sequence[str], cluster: str = ""
) -> Iterator[Answer]:
    """Yield a model's answers on many files, in order: from the library, or into it as they come.

    ``cluster`` is the address of a dask scheduler, whose workers do it then. Raises
    ``BundleError`` if the model cannot be used, ``FstMuseError`` if the cluster cannot.
    """
    files = [os.path.abspath(path) for path in paths]
    note_files(library, found_files(files))
    queue = Queue(library, bundle)
    runner = ClassifierRunner(str(bundle.path), bundle.sha256)
    task = LibraryTask(runner, str(library.path), queue.model_id, queue.tagger_id)
    pool = None
    if cluster and paths:
        from fstmuse_core.system.cluster import ClusterPool

        pool = ClusterPool(task, cluster, len(paths), trouble=runner.trouble)

    def known(index: int) -> Classification | None:
        return library.classification(queue.find(files[index]), bundle.sha256)

    def keep(index: int, result: _Outcome | FstMuseError) -> Answer:
        became = FailedFile(result.reason) if isinstance(result, FstMuseError) else result
        if isinstance(became, Unusable):
            raise BundleError(bundle.path, became.reason)
        if cluster and isinstance(became, ClassifiedFile):
            became = as_found_here(became)
        file_id = queue.find(files[index])
        if file_id:
            queue.keep(file_id, became)
        if isinstance(became, ClassifiedFile):
            answer = library.classification(file_id, bundle.sha256)
            return answer or AudioError(paths[index], "it was forgotten meanwhile", "try again")
        if became.is_gone:
            return AudioError(paths[index], "there is no such file", "check the name")
        return AudioError(paths[index], became.reason)

    return in_order(files, task, keep, known, cluster=pool)


@contextmanager
def open_again(
    output: Path, paths: Collection[str], bundle: Bundle, choice: Choice
) -> Iterator[tuple[TextIO, set[str]]]:
    """A file of JSON lines that grows on, and those of ``paths`` that stand in it already.

    A line that a kill has cut short goes, and so do those of files that failed or were changed
    since, or whose segments are wanted and lack: these are done again. A file with results of
    another model than ``bundle`` is refused, since nobody could tell whose word counts.
    """
    done: set[str] = set()
    if is_special(output):
        raise click.BadParameter(f"{output} is no file that can be gone on with; name another")
    if output.exists():
        wanted = {os.path.abspath(path): path for path in paths}
        with writing(output):
            kept = _kept_lines(output, wanted, bundle, choice, done)
            with open_atomic(output) as binary:
                binary.writelines(kept)
    with open_lines(output, "a") as stream:
        yield stream, done


def _kept_lines(
    output: Path, wanted: dict[str, str], bundle: Bundle, choice: Choice, done: set[str]
) -> list[bytes]:
    written_ns = output.stat().st_mtime_ns
    kept = []
    for line in read_regular(output, _MOST_BYTES).splitlines(keepends=True):
        if not line.endswith(b"\n"):
            continue
        record = _record(output, line)
        if record.get("model_sha256") != bundle.sha256:
            raise _of_another_model(output, record, bundle)
        path = wanted.get(os.path.abspath(record["path"]))
        if path is not None:
            lacks_segments = choice.timeline and "segments" not in record
            if "error" in record or lacks_segments or _is_another(path, record, written_ns):
                continue
            done.add(path)
        kept.append(line)
    return kept


def _of_another_model(output: Path, record: dict[str, Any], bundle: Bundle) -> click.BadParameter:
    other = one_line(str(record.get("model", "another model")))
    sha256 = one_line(str(record.get("model_sha256", "")))[:8] or "unknown"
    return click.BadParameter(
        f"{output} holds results of {other} ({sha256}), and {bundle.name} ({bundle.sha256[:8]}) "
        "is asked; name another file, or the same model with --model"
    )


def _record(output: Path, line: bytes) -> dict[str, Any]:
    try:
        record = parse_json(line)
        if isinstance(record["path"], str):
            return dict(record)
    except (ValueError, KeyError, TypeError):
        pass
    raise click.BadParameter(f"{output} holds something else than results; name another file")


def _is_another(path: str, record: dict[str, Any], written_ns: int) -> bool:
    """True if the file was replaced since, also by an older one; not if it is gone."""
    now = identity(path)
    if not now:
        return False
    if "file" in record:
        return bool(record["file"] != now)
    # As results were written before: the time of the last change of its status is no file's own.
    return max(now["mtime_ns"], now["ctime_ns"]) > written_ns
