"""Two machines on this one: network namespaces with names and addresses of their own.

They reach each other and nothing else. It takes Linux, root and iproute2.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Host:
    """A namespace."""

    namespace: str
    address: str

    def command(self, *words: str | Path) -> list[str | Path]:
        """A command as it runs there."""
        named = 'hostname "$0" && exec "$@"'
        there = ["ip", "netns", "exec", self.namespace, "unshare", "--uts", "sh", "-c", named]
        return [*there, self.namespace, *words]


@contextmanager
def two_hosts() -> Iterator[tuple[Host, Host]]:
    """Two hosts for as long as a ``with`` statement lasts; skips where they cannot be had.

    As on Debian, each takes its own name for an address of its loopback.
    """
    if os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("network namespaces take root")
    if not shutil.which("ip") or not shutil.which("unshare"):
        pytest.skip("ip and unshare are not installed")
    hosts = [Host(f"fst{os.getpid()}-{i}", f"192.0.2.{i + 1}") for i in range(2)]
    # What lies there is laid over /etc by ip.
    own_files = [Path("/etc/netns") / host.namespace for host in hosts]
    try:
        for i, host in enumerate(hosts):
            made = subprocess.run(["ip", "netns", "add", host.namespace], capture_output=True)
            if made.returncode:
                pytest.skip("network namespaces cannot be made here")
            own_files[i].mkdir(parents=True)
            names = f"127.0.0.1 localhost\n127.0.1.1 {host.namespace}\n"
            (own_files[i] / "hosts").write_text(names)
        ends = [f"fst{os.getpid() % 10**8}{end}" for end in "ab"]
        _ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for end, host in zip(ends, hosts, strict=True):
            _ip("link", "set", end, "netns", host.namespace)
            _ip("-n", host.namespace, "addr", "add", f"{host.address}/24", "dev", end)
            _ip("-n", host.namespace, "link", "set", end, "up")
            _ip("-n", host.namespace, "link", "set", "lo", "up")
            _ip("-n", host.namespace, "route", "add", "default", "dev", end)
        yield hosts[0], hosts[1]
    finally:
        for host, files in zip(hosts, own_files, strict=True):
            subprocess.run(["ip", "netns", "del", host.namespace], capture_output=True)
            shutil.rmtree(files, ignore_errors=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
