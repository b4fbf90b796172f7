"""Check that files are still what the library knows of them, before they are told of."""

from __future__ import annotations

import os

from fstmuse_core.library.database import Library
from fstmuse_core.library.rows import LibraryRow

CHANGED = "it has changed since it was scanned"
MISSING = "it is no longer there"
REMEDY = "scan again: fstmuse library scan"


class FileCheck:
    """Sizes and times of files as the library last saw them, held against the files.

    Parameters
    ----------
    library : Library
        Read once, at the start.
    """

    def __init__(self, library: Library) -> None:
        with library.reading() as connection:
            found = connection.execute("SELECT id, size, mtime_ns FROM files")
            self._known = {key: (size, mtime_ns) for key, size, mtime_ns in found}

    def fault(self, row: LibraryRow) -> str:
        """Reason that what is known of a file no longer holds; empty if the file is as it was."""
        try:
            status = os.stat(row.path)
        except (FileNotFoundError, NotADirectoryError):
            return MISSING
        except (OSError, ValueError) as error:
            return f"it cannot be looked at ({getattr(error, 'strerror', None) or error})"
        known = self._known.get(row.file_id)
        return "" if known == (status.st_size, status.st_mtime_ns) else CHANGED
