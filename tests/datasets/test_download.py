"""Downloads from a server that cuts, lies and errs."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fstmuse_core.system.download import Cancel, Download, NoRoomError
from fstmuse_core.system.errors import FstMuseError

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

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(FstMuseError, match="the disk is full; make room and go on"):
        get().run()
    assert get().part.stat().st_size == len(BODY)


WRONG = [
    pytest.param(b"<html>Log in</html>", "text/html; charset=utf-8", "a web page", id="page"),
    pytest.param(b"Back in an hour.", "text/plain", "sends another file", id="words"),
    pytest.param(b"", "", "has only 0.0 MiB", id="nothing"),
    pytest.param(BODY[::-1] * 2, "", "sends another file", id="something longer"),
]


@pytest.mark.parametrize(("body", "content_type", "why"), WRONG)
def test_a_wrong_answer_leaves_what_has_come(
    site: Site, get: Get, body: bytes, content_type: str, why: str
) -> None:
    get().part.write_bytes(BODY[:2_000_000])
    site.files["song.zip"], site.content_type, site.ignores_ranges = body, content_type, True

    with pytest.raises(FstMuseError, match=rf"{why}.*; 1.9 MiB are kept\); .*try again later"):
        get().run()

    assert get().part.read_bytes() == BODY[:2_000_000]
    assert os.listdir(get().file.parent) == ["song.zip.part"]
    site.files["song.zip"], site.content_type, site.ignores_ranges = BODY, "", False
    get().run()
    assert site.ranges[-1] == "bytes=2000000-"
    assert get().file.read_bytes() == BODY


def test_a_web_page_is_refused_before_anything_is_there(site: Site, get: Get) -> None:
    site.content_type = "text/html"

    with pytest.raises(FstMuseError, match=r"a web page instead of the file\); log in if"):
        get().run()
    assert not get().part.exists()
    assert len(site.ranges) == 1


def test_a_small_file_in_its_place_leaves_what_has_come(site: Site, get: Get) -> None:
    get().part.write_bytes(BODY[:2_000_000])
    site.files["song.zip"] = b"Back in an hour."

    with pytest.raises(FstMuseError, match=r"has only 1 KiB of it; 1.9 MiB are kept"):
        get().run()
    assert get().part.read_bytes() == BODY[:2_000_000]


@pytest.mark.parametrize("tells_sizes", [True, False])
def test_a_server_without_ranges_that_is_cut_takes_nothing_away(
    site: Site, get: Get, tells_sizes: bool
) -> None:
    get().part.write_bytes(BODY[:2_000_000])
    site.ignores_ranges, site.tells_sizes = True, tells_sizes
    site.cuts = [500_000] * 6 + [2_500_000]

    with pytest.raises(FstMuseError, match=r"1.9 MiB are kept"):
        get().run()
    assert get().part.read_bytes() == BODY[:2_000_000]
    get().run()
    assert get().file.read_bytes() == BODY


@pytest.mark.parametrize("spoilt", [BODY[::-1][:1_000_000], BODY[:-9] + b"x" * 9, BODY[::-1] * 2])
@pytest.mark.parametrize("ignores_ranges", [True, False])
def test_a_spoilt_part_gives_way_to_the_promised_file(
    site: Site, get: Get, spoilt: bytes, ignores_ranges: bool
) -> None:
    get().part.write_bytes(spoilt)
    site.ignores_ranges, site.cuts = ignores_ranges, [2_500_000] * 2

    if len(spoilt) < len(BODY) and not ignores_ranges:
        # Only the end shows that the beginning was wrong.
        with pytest.raises(FstMuseError, match="not the promised file"):
            get().run()
        assert not get().part.exists()
    get().run()

    assert get().file.read_bytes() == BODY
    assert os.listdir(get().file.parent) == ["song.zip"]


def test_a_spoilt_part_stays_where_there_is_no_room_beside_it(
    site: Site, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    get().part.write_bytes(b"x" * 2_000_000)
    site.ignores_ranges = True
    usage = shutil.disk_usage("/")._replace(free=2**21)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(FstMuseError, match=r"are free; 1.9 MiB are kept.*remove song.zip.part to"):
        get().run()
    assert get().part.stat().st_size == 2_000_000


@pytest.mark.parametrize("have", [2_000_000, len(BODY)])
def test_a_range_is_refused_without_a_size(site: Site, get: Get, have: int) -> None:
    get().part.write_bytes(BODY[:have])
    site.failures = [416]

    if have < len(BODY):
        with pytest.raises(FstMuseError, match=r"refuses to send what comes after 1.9 MiB"):
            get().run()
        assert get().part.read_bytes() == BODY[:have]
    get().run()
    assert get().file.read_bytes() == BODY


def test_cancel_does_not_wait_until_a_chunk_is_full(site: Site, get: Get) -> None:
    done: list[int] = []
    site.held = threading.Event()
    download = get(progress=lambda have, total: done.append(have), cancelled=lambda: bool(done))

    with pytest.raises(Cancel):
        download.run()
    site.held.set()

    assert done == [1000]
    assert download.part.read_bytes() == BODY[:1000]


def test_no_room_is_said_for_window_and_command_line(
    get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(NoRoomError, match=r"; make room or choose another folder$"):
        get().run()
