"""Models in folders that lie anywhere: checked as an import is, and built anew, once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from fstmuse_core import bundle as bundles
from fstmuse_core.bundle import is_trusted, load_bundle
from fstmuse_core.errors import BundleError
from fstmuse_core.models.archive import ArchiveError, read_folder
from fstmuse_core.models.importing import Tell, keep, rebuild_and_try

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
