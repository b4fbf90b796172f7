"""``fstmuse models rename``, ``delete`` and ``restore``."""

from __future__ import annotations

import click

from fstmuse_core.cli.console import say
from fstmuse_core.cli.kinds import SomeName
from fstmuse_core.errors import BundleError, one_line


@click.command(short_help="Give one of your models another name.")
@click.argument("old", type=SomeName())
@click.argument("new")
def rename(old: str, new: str) -> int:
    """Call the model OLD NEW, in every list and for --model.

    NEW may hold blanks; --model then takes it with dashes or blanks alike.
    """
    from fstmuse_core.models.changes import rename_model

    entry = rename_model(old, new)
    say(f"{one_line(old)} is now called {entry.name}")
    return 0


@click.command(short_help="Delete one of your models; it can be restored.")
@click.argument("name", type=SomeName())
def delete(name: str) -> int:
    """Take the model NAME off every list; for 30 days it can be restored."""
    from fstmuse_core.models.changes import KEPT_DAYS, delete_model

    deleted = delete_model(name)
    say(
        f"{deleted.name} is deleted; for {KEPT_DAYS} days this brings it back: "
        f"fstmuse models restore {deleted.name}"
    )
    return 0


@click.command(short_help="Bring a deleted model back.")
@click.argument("name", required=False, type=SomeName())
def restore(name: str | None) -> int:
    """Bring the model NAME back, or the one that was deleted last.

    If another has taken its name since, it gets the next that is free.
    """
    from fstmuse_core.models.changes import KEPT_DAYS, find_deleted, list_deleted, restore_model

    if name is None and not list_deleted():
        raise BundleError(
            "Your models",
            "no deleted model is kept",
            f"those you delete are kept for {KEPT_DAYS} days",
        )
    deleted = find_deleted(name or "")
    entry = restore_model(deleted)
    called = "" if entry.name == deleted.name else f", called {entry.name}"
    say(f"{one_line(deleted.name)} is back{called}")
    return 0
