"""What stands in the place of the process that builds a network; found by that process."""

from __future__ import annotations

from multiprocessing.connection import Connection

from fstmuse_core.bundle.rebuild import Refused


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
