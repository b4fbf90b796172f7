"""Getting FMA from where its authors keep it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from fstmuse_core.datasets.download import Download, part_of
from fstmuse_core.datasets.unpack import unpack
from fstmuse_core.errors import FstMuseError

FMA_URL = "https://os.unil.cloud.switch.ch/fma/"


@dataclass(frozen=True)
class Archive:
    """One zip file of FMA.

    ``folder`` is the one folder in it, ``holds`` a pattern that one of its files bears at least,
    ``gibibytes`` about its size, and ``grows`` how many times larger it is when it is unpacked.
    """

    file: str
    sha1: str
    folder: str
    gibibytes: float
    grows: float = 1.05
    holds: str = "*/*.mp3"

    def is_unpacked(self, folder: Path) -> bool:
        """Whether it is in the folder; one that has been emptied is not."""
        # A pattern is followed only up to its first file, so this takes no time.
        return next((folder / self.folder).glob(self.holds), None) is not None


_METADATA = Archive(
    "fma_metadata.zip",
    "f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
    "fma_metadata",
    0.334,
    5.0,
    "tracks.csv",
)
_SMALL = Archive("fma_small.zip", "ade154f733639d52e35e32f5593efe5be76c6d70", "fma_small", 7.2)
_MEDIUM = Archive("fma_medium.zip", "c67b69ea232021025fca9231fc1c7c1a063ab50b", "fma_medium", 22.0)

# What each name brings, in the order in which it is fetched.
FMA_SETS: Mapping[str, tuple[Archive, ...]] = {
    "fma-small": (_METADATA, _SMALL),
    "fma-medium": (_METADATA, _MEDIUM),
}

# Step (an archive's name, perhaps after "checking" or "unpacking"), bytes done, bytes in all.
StepProgress = Callable[[str, int, int], None]


def default_fma_folder() -> Path:
    """Where FMA goes unless another folder is named: FMA in the user's music folder."""
    return Path(platformdirs.user_music_dir()) / "FMA"


def missing_archives(name: str, folder: Path) -> tuple[Archive, ...]:
    """Archives of the set that are not unpacked in the folder yet.

    Raises
    ------
    FstMuseError
        If there is no such set.
    """
    if name not in FMA_SETS:
        raise FstMuseError(
            name, "it is no data set that can be fetched", f"{' or '.join(FMA_SETS)}"
        )
    return tuple(archive for archive in FMA_SETS[name] if not archive.is_unpacked(folder))


def is_begun(name: str, folder: Path) -> bool:
    """Whether something has been downloaded of what is missing of the set."""
    files = [folder / archive.file for archive in missing_archives(name, folder)]
    paths = [path for file in files for path in (file, part_of(file))]
    return any(path.exists() and path.stat().st_size for path in paths)


def fetch_archives(
    archives: tuple[Archive, ...],
    folder: Path,
    *,
    base_url: str = FMA_URL,
    progress: StepProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
    pause_s: float = 1.0,
) -> None:
    """Download, check and unpack; run it again to go on after a cut, a cancel or a kill.

    Parameters
    ----------
    archives : tuple of Archive
        See :func:`missing_archives`.
    folder : Path
        Where ``fma_metadata``, ``fma_small`` and so on go.
    base_url : str
        Where the archives lie, for a mirror.
    progress : callable, optional
        Called with the step's name, bytes done and bytes in all.
    cancelled : callable, optional
        Asked several times a second.
    pause_s : float
        First wait after a failed attempt.

    Raises
    ------
    FstMuseError
        If it cannot be had, is not what its authors published, or there is no room for it.
    Cancel
        If ``cancelled`` said so.
    """
    for archive in archives:
        file = folder / archive.file
        Download(
            url=base_url.rstrip("/") + "/" + archive.file,
            file=file,
            sha1=archive.sha1,
            spare_bytes=lambda size, archive=archive: int(size * archive.grows),  # type: ignore[misc]
            progress=_step(progress, archive.file),
            checking=_step(progress, f"checking {archive.file}"),
            cancelled=cancelled,
            pause_s=pause_s,
        ).run()
        unpack(
            file,
            folder / archive.folder,
            progress=_step(progress, f"unpacking {archive.file}"),
            cancelled=cancelled,
        )
        file.unlink()


def _step(progress: StepProgress | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)
