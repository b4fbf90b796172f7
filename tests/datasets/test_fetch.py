"""Downloads from a server that cuts, lies and errs; archives that want out of their folder."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import socket
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.cli import main
from fstmuse_core.datasets import download as download_module
from fstmuse_core.datasets import fetch as fetch_module
from fstmuse_core.datasets.detect import load_tracks
from fstmuse_core.datasets.download import Cancel, Download
from fstmuse_core.datasets.fetch import FMA_SETS, Archive, fetch_archives, missing_archives
from fstmuse_core.datasets.unpack import unpack
from fstmuse_core.errors import FstMuseError

from .conftest import ROWS, write_fma
from .server import Site, serving

BODY = np.random.default_rng(0).bytes(3_000_000)
SHA1 = hashlib.sha1(BODY).hexdigest()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving({"song.zip": BODY}) as site:
        yield site


@pytest.fixture
def get(site: Site, tmp_path: Path) -> Callable[..., Download]:
    def make(**options: object) -> Download:
        values = {"url": site.url + "song.zip", "sha1": SHA1, "pause_s": 0.0, **options}
        return Download(file=tmp_path / "song.zip", **values)  # type: ignore[arg-type]

    return make


Get = Callable[..., Download]


def test_a_file_comes_whole_with_progress(site: Site, get: Get) -> None:
    seen: list[tuple[int, int]] = []
    download = get(progress=lambda done, total: seen.append((done, total)))

    download.run()

    assert download.file.read_bytes() == BODY
    assert not download.part.exists()
    assert seen[-1] == (len(BODY), len(BODY))
    assert len(seen) > 3
    download.run()
    assert len(site.ranges) == 1


def test_a_cut_is_mended_by_ranges(site: Site, get: Get) -> None:
    site.cuts = [1_000_000, 500_000]

    get().run()

    assert site.ranges == ["", "bytes=1000000-", "bytes=1500000-"]
    assert get().file.read_bytes() == BODY


def test_a_server_that_is_busy_is_asked_again(site: Site, get: Get) -> None:
    site.failures = [503, 500, 429]

    get().run()

    assert len(site.ranges) == 4


def test_it_goes_on_where_an_earlier_run_stopped(site: Site, get: Get) -> None:
    get().part.write_bytes(BODY[:2_000_000])

    get().run()

    assert site.ranges == ["bytes=2000000-"]
    assert get().file.read_bytes() == BODY


def test_a_part_that_is_already_whole(site: Site, get: Get) -> None:
    get().part.write_bytes(BODY)

    get().run()

    assert get().file.read_bytes() == BODY


def test_a_part_of_something_longer_is_begun_anew(site: Site, get: Get) -> None:
    get().part.write_bytes(BODY + b"more")

    get().run()

    assert get().file.read_bytes() == BODY


def test_a_server_that_knows_no_ranges_sends_all_again(site: Site, get: Get) -> None:
    site.ignores_ranges = True
    site.cuts = [1_000_000]

    get().run()

    assert site.ranges == ["", "bytes=1000000-"]
    assert get().file.read_bytes() == BODY


@pytest.mark.parametrize("ignores_ranges", [True, False])
def test_a_server_that_announces_too_much(site: Site, get: Get, ignores_ranges: bool) -> None:
    site.length_error, site.ignores_ranges = 1000, ignores_ranges

    get().run()

    assert get().file.read_bytes() == BODY


def test_a_server_that_announces_too_little(site: Site, get: Get) -> None:
    site.length_error = -1000

    with pytest.raises(FstMuseError, match="what came is not the promised file"):
        get().run()
    assert not get().part.exists()


def test_a_wrong_file_is_removed(site: Site, get: Get) -> None:
    site.files["song.zip"] = b"<html>Sorry</html>"

    with pytest.raises(FstMuseError, match="not the promised file") as caught:
        get().run()
    assert not get().file.exists()
    assert not get().part.exists()
    assert SHA1 in str(caught.value)


def test_a_server_that_always_breaks_off_is_given_up(site: Site, get: Get) -> None:
    site.cuts = [2**20] + [0] * 20

    with pytest.raises(FstMuseError, match=r"broke off after 1.0 MiB of 2.9 MiB; 1.0 MiB are kept"):
        get().run()
    assert len(site.ranges) == 6
    assert get().part.stat().st_size == 2**20


def test_a_file_that_is_not_there_is_not_asked_for_twice(site: Site, get: Get) -> None:
    with pytest.raises(FstMuseError, match=r"the server answers 404 Not Found"):
        get(url=site.url + "other.zip").run()
    assert len(site.ranges) == 1


def test_no_network_is_said_at_once(get: Get) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(FstMuseError, match="the server cannot be reached"):
        get(url=f"http://127.0.0.1:{port}/song.zip", pause_s=600.0).run()


def test_cancel_keeps_what_has_come(site: Site, get: Get) -> None:
    done: list[int] = []
    download = get(progress=lambda have, total: done.append(have), cancelled=lambda: len(done) >= 4)

    with pytest.raises(Cancel):
        download.run()

    assert download.part.read_bytes() == BODY[: done[-1]]
    get().run()
    assert site.ranges[1] == f"bytes={done[-1]}-"


def test_no_room_is_said_before_anything_comes(
    site: Site, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=5 * len(BODY))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(FstMuseError, match=r"17.2 MiB are needed .* and 14.3 MiB are free"):
        get(spare_bytes=lambda size: 5 * size).run()
    assert not get().part.exists()
    get(spare_bytes=lambda size: 4 * size).run()


def test_a_disk_that_fills_meanwhile(site: Site, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download_module.os, "fsync", full)

    with pytest.raises(FstMuseError, match="the disk is full; make room and go on"):
        get().run()
    assert get().part.stat().st_size == len(BODY)


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


def test_nothing_is_fetched_unasked(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fstmuse_core.cli", "data", "fetch", "fma-small", "--to", tmp_path],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
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
