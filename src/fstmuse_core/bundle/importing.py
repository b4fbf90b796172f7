"""Taking a model in from a file or a folder: its weights alone; its network is built anew."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fstmuse_core import __version__
from fstmuse_core.bundle import bundle as bundles
from fstmuse_core.bundle.archive import Archive, ArchiveError, read_archive, read_folder
from fstmuse_core.bundle.bundle import (
    LITERT_NAME,
    PATTERNS_NAME,
    TAGGER_HEAD_NAME,
    WEIGHTS_NAME,
    Bundle,
    is_trusted,
    load_bundle,
    write_bundle,
)
from fstmuse_core.bundle.changes import check_free, clean_title, free_name, name_of
from fstmuse_core.bundle.known_networks import BuildTask, Rebuilt, Refused, serve_build
from fstmuse_core.bundle.manifest import TAGGED, BundleManifest
from fstmuse_core.bundle.model_list import IMPORT_RECORD, ModelEntry, find_model
from fstmuse_core.bundle.sanity_check import try_out
from fstmuse_core.system.child_process import end_child, require_tensorflow, start_child
from fstmuse_core.system.errors import AudioError, BundleError, FstMuseError
from fstmuse_core.system.isolated import IsolatedWork
from fstmuse_core.system.process_limits import BUILDING, Limits

_PATIENCE_S = 300.0
_POLL_S = 0.1
_REMEDY = "export it once more or retrain it"
_TRYING = Limits(work="trying it out", remedy=_REMEDY)

Tell = Callable[[str], None]


class ImportCancelledError(FstMuseError):
    """The user would rather not; nothing was kept."""


def import_model(
    path: str | os.PathLike[str],
    name: str = "",
    *,
    tell: Tell = lambda _step: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ModelEntry:
    """Make one of the user's models from a file.

    Nothing in the file is run or unpickled. The weights must be exactly those of one of our
    networks; it is built from our code in a process of its own, and what it answers is looked
    at before the model is kept.

    Parameters
    ----------
    path : path
        A ``.fstmuse`` file.
    name : str, optional
        Name for the model; by default as in the file, with a number where that
        is taken.
    tell : callable
        Told what is being done, as a sentence without a full stop.
    cancelled : callable
        Asked now and then whether to give up.

    Returns
    -------
    ModelEntry
        The new model.

    Raises
    ------
    ArchiveError, ForeignModelError
        If the file is not a sound model; one line says what is wrong with it.
    BundleError
        If ``name`` cannot be or is taken, or if what the network answers makes no sense.
    ImportCancelledError
        If ``cancelled`` said so.
    """
    if name:
        check_free(name_of(name), bundles.bundle_folders())
    tell("Checking the file")
    archive = read_archive(path)
    new, title = _names(archive, name)
    manifest, files = rebuild_and_try(archive, new, title, tell=tell, cancelled=cancelled)
    target = bundles.user_models_folder() / new
    check_free(new, bundles.bundle_folders())
    keep(archive, target, manifest, files)
    return find_model(new)


def rebuild_and_try(
    archive: Archive,
    name: str,
    title: str,
    *,
    tell: Tell = lambda _step: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[BundleManifest, dict[str, bytes]]:
    """Description and files of the model, its network built here; see :func:`import_model`."""
    rebuilt = Rebuilt(b"", b"")
    if archive.manifest.input != TAGGED:
        require_tensorflow(f"{archive.path.name}: building the network of a model")
        tell("Building the network from its weights")
        rebuilt = _rebuild(archive, cancelled)
    manifest = replace(archive.manifest, name=name, title=title, training=_record(archive))
    tell("Trying it out")
    patterns, head = (archive.others.get(n) for n in (PATTERNS_NAME, TAGGER_HEAD_NAME))
    _try_apart(Bundle(archive.path, manifest, "", rebuilt.litert, patterns, head), cancelled)
    network = {LITERT_NAME: rebuilt.litert, WEIGHTS_NAME: rebuilt.weights}
    return manifest, {**(network if rebuilt.litert else {}), **archive.others}


def _try_apart(bundle: Bundle, cancelled: Callable[[], bool]) -> None:
    """Try a model out in a process of its own, which its network may crash or keep busy."""

    def ask(_fraction: float) -> None:
        if cancelled():
            raise ImportCancelledError(bundle.path, "the import was given up")

    with IsolatedWork(try_out, _path_of, limits=_TRYING, spawn=True) as work:
        result = work.result(bundle, ask)
    if isinstance(result, AudioError):
        raise ArchiveError(bundle.path, f"it could not be tried: {result.reason}", _REMEDY)
    if isinstance(result, Exception):
        raise result


def _path_of(bundle: Bundle) -> str:
    return str(bundle.path)


def keep(
    archive: Archive, target: Path, manifest: BundleManifest, files: Mapping[str, bytes]
) -> None:
    """Write the model's folder; raises ``ArchiveError`` if the disk refuses."""
    try:
        write_bundle(target, manifest, files)
    except OSError as error:
        raise ArchiveError(
            archive.path,
            f"the model cannot be written ({error.strerror or error})",
            "make room on the disk",
        ) from error


def _names(archive: Archive, wanted: str) -> tuple[str, str]:
    if wanted:
        return name_of(wanted), clean_title(wanted)
    name = name_of(archive.manifest.name)
    return free_name(name, archive.manifest.title, bundles.bundle_folders())


def _record(archive: Archive) -> dict[str, Any]:
    """The training's record, and where the model was taken from."""
    origin = {
        "file": archive.path.name,
        "sha256": archive.sha256,
        "name": archive.manifest.name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "fstmuse": __version__,
        "covered": bool(archive.manifest.digest),
    }
    return {**archive.manifest.training, IMPORT_RECORD: origin}


def _rebuild(archive: Archive, cancelled: Callable[[], bool]) -> Rebuilt:
    manifest = archive.manifest
    network = str(manifest.architecture["network"])
    task = BuildTask(
        manifest.kind,
        network,
        len(manifest.genres),
        dict(manifest.architecture),
        manifest.input,
        manifest.segment_frames,
    )
    deadline = time.monotonic() + _PATIENCE_S
    process, connection = start_child(serve_build, memory_bytes=BUILDING.memory_bytes)
    try:
        connection.send((task, dict(archive.weights)))
        while not connection.poll(_POLL_S):
            if cancelled():
                raise ImportCancelledError(archive.path, "the import was given up")
            if time.monotonic() > deadline:
                raise ArchiveError(archive.path, "building its network took too long", _REMEDY)
        answer = connection.recv()
    except (EOFError, OSError) as error:
        raise ArchiveError(
            archive.path, "the process that builds its network has ended", "try once more"
        ) from error
    finally:
        end_child(process)
        connection.close()
    if isinstance(answer, Refused):
        raise ArchiveError(archive.path, answer.sentence, _REMEDY)
    assert isinstance(answer, Rebuilt)
    return answer


# Folders ------------------------------------------------------------------------------------

# Copies kept for the next time, those used last.
_MOST = 8


def checked_folder(path: str | os.PathLike[str], *, tell: Tell = lambda _step: None) -> Path:
    """A folder that holds the model of the folder ``path``, and whose network is safe to run.

    That is ``path`` itself where the model was trained or imported here. Of any other only the
    weights are used: they must be those of one of our networks, which is built around them in
    a process of its own. The result is kept by the hash of all that was read, so that this
    costs its seconds once.

    Parameters
    ----------
    path : path
    tell : callable
        Told what is being done where it lasts.

    Raises
    ------
    BundleError
        If the folder is not a sound model; one line says what is wrong with it.
    """
    folder = Path(path)
    if is_trusted(folder):
        return folder
    try:
        archive = read_folder(folder)
        target = bundles.checked_models_folder() / archive.sha256
        if _is_sound(target):
            os.utime(target)
            return target
        manifest, files = rebuild_and_try(
            archive, archive.manifest.name, archive.manifest.title, tell=tell
        )
        keep(archive, target, manifest, files)
    except ArchiveError as error:
        raise BundleError(folder, error.reason, error.remedy) from error
    _forget_old(target)
    return target


def _is_sound(folder: Path) -> bool:
    try:
        load_bundle(folder)
    except BundleError:
        return False
    return True


def _forget_old(new: Path) -> None:
    others = [child for child in new.parent.iterdir() if child != new and child.is_dir()]
    others.sort(key=lambda child: child.stat().st_mtime, reverse=True)
    for child in others[_MOST - 1 :]:
        shutil.rmtree(child, ignore_errors=True)
