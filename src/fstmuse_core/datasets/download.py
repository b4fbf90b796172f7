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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fstmuse_core import __version__
from fstmuse_core.datasets.files import cannot_write
from fstmuse_core.datasets.wording import sized
from fstmuse_core.errors import FstMuseError

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

_CHUNK = 2**18
_PATIENCE_S = 30.0
# Attempts in a row that bring nothing new before we give up.
_TRIES = 5


class Cancel(Exception):  # noqa: N818 - not an error: the user asked for it
    """Work was cancelled; what was done is kept."""


@dataclass
class Download:
    """One file to get. What has come so far lies beside it, in ``<file>.part``.

    Parameters
    ----------
    url : str
        Of http or https.
    file : Path
        Where it goes once it is complete and checked.
    sha1 : str
        Hexadecimal.
    spare_bytes : callable, optional
        Room that must be free besides the file, given the file's size, for what is done next.
    progress : callable, optional
        Called with bytes there and bytes in all.
    checking : callable, optional
        The same while the SHA-1 is computed, which takes half a minute for 7 GiB.
    cancelled : callable, optional
        Asked several times a second.
    pause_s : float
        Wait before another attempt; doubled from one to the next.
    """

    url: str
    file: Path
    sha1: str
    spare_bytes: Callable[[int], int] | None = None
    progress: Progress | None = None
    checking: Progress | None = None
    cancelled: Cancelled | None = None
    pause_s: float = 1.0
    _best: int = field(default=-1, init=False)
    _connected: bool = field(default=False, init=False)

    @property
    def part(self) -> Path:
        """What has come so far."""
        return self.file.with_name(self.file.name + ".part")

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
                    self.file, f"it cannot be downloaded ({problem.text}{kept})", "try again later"
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
            extent = _extent(response, have)
            if extent is None:
                return _Problem("the server answers with a part that was not asked for")
            start, total = extent
            self._check_room(start, total)
            return self._receive(response, start, total)

    def _refused(self, error: urllib.error.HTTPError, have: int) -> _Problem | None:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            total = re.search(r"\*/(\d+)", error.headers.get("Content-Range") or "")
            if total is None or int(total[1]) == have:
                return None if self._digest() == self.sha1 else self._begun_anew()
            return self._begun_anew()
        passing = error.code >= 500 or error.code in (408, 429)
        return _Problem(f"the server answers {error.code} {error.reason}", passing)

    def _begun_anew(self) -> _Problem:
        self.part.unlink(missing_ok=True)
        return _Problem("the server has another file than the one that was begun")

    def _receive(self, response: Any, start: int, total: int | None) -> _Problem | None:
        """Write the answer into the part from ``start`` on."""
        done = start
        with self.part.open("r+b" if self.part.exists() else "wb") as stream:
            stream.truncate(start)
            stream.seek(start)
            while True:
                self._stop_if_cancelled()
                try:
                    chunk = response.read(_CHUNK)
                except (OSError, http.client.HTTPException) as error:
                    return _Problem(f"the connection broke: {_why(error)}")
                if not chunk:
                    break
                stream.write(chunk)
                done += len(chunk)
                if self.progress:
                    self.progress(done, max(done, total or 0))
            stream.flush()
            os.fsync(stream.fileno())
        if total is not None and done < total:
            return _Problem(f"the server broke off after {sized(done)} of {sized(total)}")
        return None

    def _check_room(self, start: int, total: int | None) -> None:
        if total is None:
            return
        needed = total - start + (self.spare_bytes(total) if self.spare_bytes else 0)
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

    def _digest(self) -> str:
        digest = hashlib.sha1(usedforsecurity=False)
        total = self._size()
        with self.part.open("rb") as stream:
            while chunk := stream.read(2**20):
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
    """Raise ``FstMuseError`` if the disk of ``file`` has not ``needed`` bytes free."""
    free = shutil.disk_usage(file.parent).free
    if needed > free:
        raise FstMuseError(
            file,
            f"{sized(needed)} are needed on the disk and {sized(free)} are free",
            "make room or choose another folder with --to",
        )
