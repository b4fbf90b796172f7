"""Files that commands leave out because they are not what was scanned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fstmuse_core.cli.common.console import say
from fstmuse_core.system.errors import FstMuseError, one_line
from fstmuse_core.system.wording import counted

if TYPE_CHECKING:
    from fstmuse_core.library.database import Library
    from fstmuse_core.library.rows import LibraryRow

# Of a drive that is away thousands are.
_NAMED = 10


class StaleFiles:
    """Finds files that are no longer what the library knows, and names them at the end.

    Parameters
    ----------
    library : Library
    """

    def __init__(self, library: Library) -> None:
        from fstmuse_core.library.freshness import FileCheck

        self._check = FileCheck(library)
        self._faults: dict[str, str] = {}

    def is_current(self, row: LibraryRow) -> bool:
        """Look at a file; one that has changed or is gone is remembered."""
        fault = self._check.fault(row)
        if fault:
            self._faults[row.path] = fault
        return not fault

    def require(self, row: LibraryRow) -> None:
        """Raise ``FstMuseError`` if the file is not what was scanned."""
        from fstmuse_core.library.freshness import REMEDY

        if fault := self._check.fault(row):
            raise FstMuseError(row.path, fault, REMEDY)

    def tell(self) -> int:
        """Name those that were left out; how many they are."""
        from fstmuse_core.library.freshness import REMEDY

        for path, fault in list(self._faults.items())[:_NAMED]:
            say(f"fstmuse: {one_line(path)}: left out, {fault}; {REMEDY}")
        more = len(self._faults) - _NAMED
        if more > 0:
            say(f"fstmuse: {counted(more, 'more file')} left out, changed or gone; {REMEDY}")
        return len(self._faults)


@contextmanager
def left_out(library: Library) -> Iterator[StaleFiles]:
    """Find stale files in the block; they are named when it ends, also with an error."""
    stale = StaleFiles(library)
    try:
        yield stale
    finally:
        stale.tell()
