"""A web server on this computer that can behave badly."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PATIENCE_S = 10.0


@dataclass
class Site:
    """What is served, and how.

    Attributes
    ----------
    files : dict of str to bytes
        By path.
    cuts : list of int
        For each of the next answers, after how many bytes the connection is cut.
    length_error : int
        Added to every Content-Length.
    ignores_ranges : bool
    tells_sizes : bool
        Whether there is a Content-Length, and a Content-Range after a range that is not there.
    content_type : str
        None is told if it is empty.
    held : threading.Event or None
        If there is one, answers stop after a thousand bytes until it is set.
    failures : list of int
        Status codes for the next answers.
    ranges : list of str
        The Range header of each request, empty if it had none.
    """

    files: dict[str, bytes]
    cuts: list[int] = field(default_factory=list)
    length_error: int = 0
    ignores_ranges: bool = False
    tells_sizes: bool = True
    content_type: str = ""
    held: threading.Event | None = None
    failures: list[int] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site, asked = self.site, self.headers.get("Range", "")
        site.ranges.append(asked)
        body = site.files.get(self.path.lstrip("/"))
        if site.failures:
            self.send_error(site.failures.pop(0))
            return
        if body is None:
            self.send_error(404)
            return
        start = 0
        if asked and not site.ignores_ranges:
            match = re.fullmatch(r"bytes=(\d+)-", asked)
            assert match is not None
            start = int(match[1])
            if start >= len(body):
                self.send_response(416)
                if site.tells_sizes:
                    self.send_header("Content-Range", f"bytes */{len(body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            total = len(body) + site.length_error
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        else:
            self.send_response(200)
        if site.tells_sizes:
            self.send_header("Content-Length", str(len(body) - start + site.length_error))
        if site.content_type:
            self.send_header("Content-Type", site.content_type)
        self.end_headers()
        end = start + site.cuts.pop(0) if site.cuts else len(body)
        try:
            if site.held is not None:
                self.wfile.write(body[start : start + 1000])
                site.held.wait(_PATIENCE_S)
                start += 1000
            self.wfile.write(body[start:end])
        except ConnectionError:  # the other side did not want to hear more
            return

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[Site]:
    """A site on a free port of 127.0.0.1."""
    site = Site(files)
    handler = type("Handler", (_Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
