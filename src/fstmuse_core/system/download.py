"""Downloads that go on where they were cut, and are checked before they are believed."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fstmuse_core import __version__
from fstmuse_core.system.atomic_write import cannot_write
from fstmuse_core.system.errors import FstMuseError
from fstmuse_core.system.wording import sized

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

_CHUNK = 2**18
_PATIENCE_S = 30.0
# Progress is told after a chunk, or after this long if less has come.
_TELL_S = 0.1
# What a captive portal or a server under repair sends, whatever was asked for.
_PAGES = ("text/html", "application/xhtml+xml")
_OTHER = "the server sends another file than the one that was begun"
# Attempts in a row that bring nothing new before we give up.
_TRIES = 5


class Cancel(Exception):  # noqa: N818 - not an error: the user asked for it
    """Work was cancelled; what was done is kept."""


class NoRoomError(FstMuseError):
    """The disk is too small for what is to be put on it."""


def part_of(file: Path) -> Path:
    """Path of what has come of a file, until it is whole."""
    return file.with_name(file.name + ".part")


@dataclass
class Download:
    """One file to get. What has come so far lies beside it, in ``<file>.part``.

    Nothing that has come is given up for a mere answer: what the server sends a second time has
    to be what is there, and only the promised file may take the place of the part. A file that
    is whole, and not the promised one, is removed.

    Parameters
    ----------
    url : str
        Of http or https.
    file : Path
        Path of the file once it is complete and checked.
    sha1 : str
        Hexadecimal.
    spare_bytes : callable, optional
        Room that must be free besides the file, given the file's size, for what is done next.
    progress : callable, optional
        Called with bytes there and bytes in all.
    checking : callable, optional
        The same while the SHA-1 is computed, which takes half a minute for 7 GiB.
    cancelled : callable, optional
        Asked several times a second while something comes, and else twice a minute.
    pause_s : float
        Wait before another attempt; doubled from one to the next.
    is_second : bool
        True if it is got beside a part that it does not agree with.
    """

    url: str
    file: Path
    sha1: str
    spare_bytes: Callable[[int], int] | None = None
    progress: Progress | None = None
    checking: Progress | None = None
    cancelled: Cancelled | None = None
    pause_s: float = 1.0
    is_second: bool = False
    _best: int = field(default=-1, init=False)
    _connected: bool = field(default=False, init=False)
    _told: tuple[int, float] = field(default=(0, 0.0), init=False)

    @property
    def part(self) -> Path:
        """Path of what has come so far."""
        return part_of(self.file)

    def run(self) -> None:
        """Get the file, unless it is there; go on with a part that is.

        Raises
        ------
        FstMuseError
            If the server cannot be reached or keeps breaking off, if the file is not the one
            that was promised, or if the disk has no room. What has come is kept, except a
            wrong file.
        Cancel
            If ``cancelled`` said so.
        """
        if self.file.exists():
            return
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._transfer()
            self._verify()
            os.replace(self.part, self.file)
            if not self.is_second:
                self._second.part.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self.file, error) from error

    def _transfer(self) -> None:
        failures = 0
        while True:
            problem = self._attempt()
            if problem is None:
                return
            size = self._size()
            failures = 0 if size > self._best else failures + 1
            self._best = max(self._best, size)
            if failures >= _TRIES or not problem.may_pass:
                # A server may announce more than there is.
                if size and self._digest() == self.sha1:
                    return
                kept = f"; {sized(size)} are kept" if size else ""
                raise FstMuseError(
                    self.file, f"it cannot be downloaded ({problem.text}{kept})", problem.remedy
                )
            self._wait(self.pause_s * 2**failures)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._stop_if_cancelled()
            time.sleep(min(0.1, left))

    def _attempt(self) -> _Problem | None:
        have = self._size()
        headers = {"User-Agent": f"FstMuse/{__version__}", "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        request = urllib.request.Request(self.url, headers=headers)
        try:
            response = urllib.request.urlopen(request, timeout=_PATIENCE_S)
        except urllib.error.HTTPError as error:
            with error:
                return self._refused(error, have)
        except (OSError, http.client.HTTPException) as error:
            # Somebody without a network need not wait for five attempts.
            return _Problem(f"the server cannot be reached: {_why(error)}", self._connected)
        self._connected = True
        with response:
            if response.headers.get_content_type() in _PAGES:
                return _Problem(
                    "the server answers with a web page instead of the file",
                    may_pass=False,
                    remedy="log in if this network asks for that in a browser, or try again later",
                )
            extent = _extent(response, have)
            if extent is None:
                return _Problem("the server answers with a part that was not asked for")
            start, total = extent
            self._check_room(have, total)
            return self._receive(response, start, have, total)

    def _refused(self, error: urllib.error.HTTPError, have: int) -> _Problem | None:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
            told = re.search(r"\*/(\d+)", error.headers.get("Content-Range") or "")
            return self._past_the_end(int(told[1]) if told else None, have)
        passing = error.code >= 500 or error.code in (408, 429)
        return _Problem(f"the server answers {error.code} {error.reason}", passing)

    def _past_the_end(self, total: int | None, have: int) -> _Problem | None:
        """The server has nothing after what is there; ``total`` is the size that it tells."""
        if total == have:
            return self._whole()
        if total is not None and total < have:
            return self._cut_to(total)
        return self._stuck(f"the server refuses to send what comes after {sized(have)}")

    def _whole(self) -> _Problem | None:
        """Check what is there, as long as the server's file: it is the promised one, or it goes."""
        if self._digest() == self.sha1:
            return None
        self.part.unlink()
        return _Problem(_OTHER)

    def _cut_to(self, size: int) -> _Problem | None:
        """Cut off what is beyond the end of the server's file, if the start is the promised one."""
        if self._digest(size) != self.sha1:
            return self._again(f"the server has only {sized(size)} of it")
        os.truncate(self.part, size)
        return None

    def _again(self, text: str) -> _Problem | None:
        """The server's file is not what is there: get it beside that, and see which is right."""
        if self.is_second:
            self.part.unlink()
            return _Problem(text)
        second = self._second
        try:
            second.run()
        except FstMuseError as error:
            return self._stuck(error.reason if isinstance(error, NoRoomError) else text)
        os.replace(second.file, self.part)
        return None

    @property
    def _second(self) -> Download:
        file = self.file.with_name(f"{self.file.name}.again")
        return replace(self, file=file, is_second=True)

    def _stuck(self, text: str) -> _Problem:
        """The server does not go on with what is there, and has nothing better."""
        remedy = f"try again later, or remove {self.part.name} to begin anew"
        return _Problem(text, may_pass=False, remedy=remedy)

    def _receive(self, response: Any, start: int, have: int, total: int | None) -> _Problem | None:
        """Add the answer, which begins at ``start``, to the ``have`` bytes of the part."""
        done = start
        differs = False
        with self.part.open("r+b" if have else "w+b") as stream:
            stream.seek(start)
            while True:
                self._stop_if_cancelled()
                try:
                    # read() would wait for a whole chunk, however slowly that comes.
                    chunk = response.read1(_CHUNK)
                except (OSError, http.client.HTTPException) as error:
                    return _Problem(f"the connection broke: {_why(error)}")
                if not chunk:
                    break
                known = chunk[: max(0, have - done)]
                differs = stream.read(len(known)) != known
                if differs:
                    break
                stream.write(chunk[len(known) :])
                done += len(chunk)
                self._tell(done, total)
            stream.flush()
            os.fsync(stream.fileno())
        if differs:
            return self._whole() if total == have else self._again(_OTHER)
        self._tell(done, total, is_last=True)
        return self._ended(done, have, total)

    def _ended(self, done: int, have: int, total: int | None) -> _Problem | None:
        """Judge an answer that ended after ``done`` bytes of the file."""
        if total is None:
            # Nobody knows whether this is all, so what had come before stays.
            is_proved = done >= have and (not have or self._digest() == self.sha1)
            return None if is_proved else _Problem(f"the server ended after {sized(done)}")
        if done < total:
            return _Problem(f"the server broke off after {sized(done)} of {sized(total)}")
        return self._cut_to(done) if done < have else None

    def _tell(self, done: int, total: int | None, *, is_last: bool = False) -> None:
        bytes_told, told_at = self._told
        now = time.monotonic()
        if self.progress and (is_last or done - bytes_told >= _CHUNK or now - told_at >= _TELL_S):
            self._told = done, now
            self.progress(done, max(done, total or 0))

    def _check_room(self, have: int, total: int | None) -> None:
        if total is None:
            return
        needed = total - have + (self.spare_bytes(total) if self.spare_bytes else 0)
        check_room(self.file, needed)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _verify(self) -> None:
        digest = self._digest()
        if digest != self.sha1:
            self.part.unlink()
            raise FstMuseError(
                self.file,
                f"what came is not the promised file (SHA-1 {digest} instead of {self.sha1})",
                "it was removed; try again later, for the server may be at fault",
            )

    def _digest(self, size: int | None = None) -> str:
        """SHA-1 of what is there, or of its first ``size`` bytes."""
        digest = hashlib.sha1(usedforsecurity=False)
        total = self._size() if size is None else size
        with self.part.open("rb") as stream:
            while chunk := stream.read(min(2**20, total - stream.tell())):
                self._stop_if_cancelled()
                digest.update(chunk)
                if self.checking:
                    self.checking(stream.tell(), total)
        return digest.hexdigest()

    def _stop_if_cancelled(self) -> None:
        if self.cancelled and self.cancelled():
            raise Cancel


@dataclass(frozen=True, slots=True)
class _Problem:
    text: str
    may_pass: bool = True
    remedy: str = "try again later"


def _why(error: BaseException) -> str:
    reason = getattr(error, "reason", error)
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__


def _extent(response: Any, have: int) -> tuple[int, int | None] | None:
    """First byte that comes, and the size of the whole file if the server tells it.

    ``None`` if what comes does not join what is there.
    """
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        told = re.fullmatch(
            r"bytes (\d+)-\d+/(\d+|\*)", (response.headers.get("Content-Range") or "").strip()
        )
        if told and int(told[1]) <= have:
            return int(told[1]), None if told[2] == "*" else int(told[2])
        return None
    length = response.headers.get("Content-Length") or ""
    return 0, int(length) if length.isdigit() else None


def check_room(file: Path, needed: int) -> None:
    """Raise ``NoRoomError`` if the disk of ``file`` has not ``needed`` bytes free."""
    free = shutil.disk_usage(file.parent).free
    if needed > free:
        raise NoRoomError(
            file,
            f"{sized(needed)} are needed on the disk and {sized(free)} are free",
            "make room or choose another folder",
        )
