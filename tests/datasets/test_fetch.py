"""Archives that want out of their folder, and FMA from a server."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.cli import main
from fstmuse_core.datasets import fma as fetch_module
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.fma import FMA_SETS, Archive, fetch_archives, is_begun, missing_archives
from fstmuse_core.system.download import Cancel
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.zip_files import unpack

from .conftest import ROWS, write_fma
from .server import Site, serving

BODY = np.random.default_rng(0).bytes(3_000_000)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def zipped(entries: dict[str, bytes], link: str = "") -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            info = zipfile.ZipInfo(name)
            if name == link:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(info, content)
    return raw.getvalue()


@pytest.mark.parametrize(
    "name",
    ["../evil", "/evil", "set/../../evil", "set\\..\\evil", "C:/evil", "other/evil", "evil"],
)
def test_an_archive_that_wants_out_is_refused_whole(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "in" / "set.zip"
    archive.parent.mkdir()
    archive.write_bytes(zipped({"set/fine": b"x", name: b"boo"}))

    with pytest.raises(FstMuseError, match="does not belong into the folder set"):
        unpack(archive, tmp_path / "in" / "set")

    assert [path.name for path in tmp_path.rglob("*")] == ["in", "set.zip"]


def test_an_archive_with_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zipped({"set/link": b"/etc"}, link="set/link"))

    with pytest.raises(FstMuseError, match="does not belong"):
        unpack(tmp_path / "set.zip", tmp_path / "set")


@pytest.mark.parametrize("spoil", ["cut", "content"])
def test_a_damaged_archive_leaves_nothing(tmp_path: Path, spoil: str) -> None:
    raw = bytearray(zipped({"set/a": BODY[:50_000], "set/b": BODY}))
    if spoil == "cut":
        raw = raw[:-10_000]
    else:
        raw[200_000] ^= 0xFF
    (tmp_path / "set.zip").write_bytes(raw)

    with pytest.raises(FstMuseError, match="the archive is damaged"):
        unpack(tmp_path / "set.zip", tmp_path / "set")
    assert os.listdir(tmp_path) == ["set.zip"]


def test_unpacking_can_be_cancelled_and_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zipped({f"set/{n}/a": bytes([n]) for n in range(9)}))
    seen: list[int] = []

    with pytest.raises(Cancel):
        unpack(
            tmp_path / "set.zip",
            tmp_path / "set",
            progress=lambda done, total: seen.append(done),
            cancelled=lambda: len(seen) == 3,
        )
    assert os.listdir(tmp_path) == ["set.zip"]
    (tmp_path / ".set.unpacking").mkdir()
    unpack(tmp_path / "set.zip", tmp_path / "set")
    assert (tmp_path / "set" / "8" / "a").read_bytes() == b"\x08"
    assert not (tmp_path / ".set.unpacking").exists()


@pytest.fixture
def fma_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Site, tuple[Archive, ...]]]:
    """The tiny FMA behind a server, with its own hashes."""
    made = write_fma(tmp_path / "made", ROWS)
    files = {}
    for name in ("fma_metadata", "fma_small"):
        paths = [path for path in (made / name).rglob("*") if path.is_file()]
        entries = {path.relative_to(made).as_posix(): path.read_bytes() for path in paths}
        files[f"{name}.zip"] = zipped(entries)
    archives = tuple(
        replace(archive, sha1=hashlib.sha1(files[archive.file]).hexdigest())
        for archive in FMA_SETS["fma-small"]
    )
    monkeypatch.setattr(fetch_module, "FMA_SETS", {"fma-small": archives})
    with serving(files) as site:
        yield site, archives


def test_fma_is_fetched_checked_and_unpacked(
    fma_site: tuple[Site, tuple[Archive, ...]], tmp_path: Path
) -> None:
    site, archives = fma_site
    site.cuts = [100, 2000]
    steps: list[str] = []

    fetch_archives(
        archives,
        tmp_path / "FMA",
        base_url=site.url,
        progress=lambda step, done, total: steps.append(step),
        pause_s=0.0,
    )

    assert sorted(os.listdir(tmp_path / "FMA")) == ["fma_metadata", "fma_small"]
    assert len(load_tracks(tmp_path / "FMA").tracks) == 7
    assert list(dict.fromkeys(steps)) == [
        "fma_metadata.zip",
        "checking fma_metadata.zip",
        "unpacking fma_metadata.zip",
        "fma_small.zip",
        "checking fma_small.zip",
        "unpacking fma_small.zip",
    ]
    assert missing_archives("fma-small", tmp_path / "FMA") == ()


def test_the_command_fetches_and_does_not_fetch_twice(
    fma_site: tuple[Site, tuple[Archive, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    site, _ = fma_site
    call = ["data", "fetch", "fma-small", "--to", str(tmp_path / "to"), "--mirror", site.url]

    assert main([*call, "--yes"]) == 0
    assert "see it with: fstmuse data check" in capsys.readouterr().err
    count = len(site.ranges)
    assert main(call) == 0
    assert len(site.ranges) == count == 2


EMPTIED = [
    pytest.param("fma_small", None, [], id="nothing left"),
    pytest.param("fma_small", "000/checksums", ["fma_small.old"], id="no sound left"),
    pytest.param("fma_metadata", "README.txt", ["fma_metadata.old"], id="no tracks.csv"),
]


@pytest.mark.parametrize(("folder", "remains", "aside"), EMPTIED)
def test_what_has_been_emptied_is_fetched_again(
    fma_site: tuple[Site, tuple[Archive, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    folder: str,
    remains: str | None,
    aside: list[str],
) -> None:
    site, _ = fma_site
    to = tmp_path / "to"
    call = ["data", "fetch", "fma-small", "--to", str(to), "--mirror", site.url, "--yes"]
    assert main(call) == 0
    shutil.rmtree(to / folder)
    (to / folder / "000").mkdir(parents=True)
    if remains:
        (to / folder / remains).write_text("mine")

    assert main(call) == 0

    assert site.ranges == [""] * 3
    assert sorted(os.listdir(to)) == sorted(["fma_metadata", "fma_small", *aside])
    assert len(load_tracks(to).tracks) == 7
    assert not aside or (to / aside[0] / str(remains)).read_text() == "mine"


def test_files_put_aside_once_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zipped({"set/a": b"new"}))
    for name in ("set", "set.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").write_text(name)

    unpack(tmp_path / "set.zip", tmp_path / "set")

    assert [path.name for path in (tmp_path / "set").iterdir()] == ["a"]
    assert (tmp_path / "set.old" / "mine").read_text() == "set.old"
    assert (tmp_path / "set.old1" / "mine").read_text() == "set"


def test_what_has_come_of_a_set_is_known(tmp_path: Path) -> None:
    (tmp_path / "fma_small.zip.part").touch()
    assert not is_begun("fma-small", tmp_path)
    (tmp_path / "fma_small.zip.part").write_bytes(b"x")
    assert is_begun("fma-small", tmp_path)
    assert not is_begun("fma-medium", tmp_path)


def test_the_command_names_its_option_for_a_small_disk(
    fma_site: tuple[Site, tuple[Archive, ...]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    call = ["data", "fetch", "fma-small", "--to", str(tmp_path / "to"), "--yes"]

    assert main([*call, "--mirror", fma_site[0].url]) != 0
    assert "make room or choose another folder with --to" in capsys.readouterr().err


def test_nothing_is_fetched_unasked(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fstmuse_core.cli", "data", "fetch", "fma-small", "--to", tmp_path],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )

    assert done.returncode == 2
    assert "Download 7.5 GiB to" in done.stderr
    assert "Add --yes" in done.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("arguments", [["fma-tiny"], ["fma-small", "--mirror", "file:///etc"]])
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "fetch", *arguments]) == 2


def test_the_published_hashes() -> None:
    hashes = {a.file: a.sha1 for archives in FMA_SETS.values() for a in archives}

    assert hashes == {
        "fma_metadata.zip": "f0df49ffe5f2a6008d7dc83c6915b31835dfe733",
        "fma_small.zip": "ade154f733639d52e35e32f5593efe5be76c6d70",
        "fma_medium.zip": "c67b69ea232021025fca9231fc1c7c1a063ab50b",
    }
