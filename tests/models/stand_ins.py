"""What stands in the place of the process that builds a network; found by that process."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection

from fstmuse_core.bundle.bundle import Bundle
from fstmuse_core.bundle.known_networks import Refused


def die(connection: Connection) -> None:
    """End without an answer."""
    connection.recv()
    raise SystemExit(1)


def sleep(connection: Connection) -> None:
    """Wait for more than there is to come."""
    connection.recv()
    connection.recv()


def refuse(connection: Connection) -> None:
    """Find fault."""
    connection.recv()
    connection.send(Refused("its weights are odd"))


def crash(bundle: Bundle) -> None:
    """End as a crash in native code does."""
    os._exit(139)


def hang(bundle: Bundle) -> None:
    """Answer never."""
    time.sleep(3600)
