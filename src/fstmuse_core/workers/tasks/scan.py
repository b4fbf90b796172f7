"""A scan of a library's folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fstmuse_core.system.process_limits import Limits, heartbeat
from fstmuse_core.workers.protocol import ScanFolders

if TYPE_CHECKING:
    from fstmuse_core.library.scan import ScanReport
    from fstmuse_core.workers.tasks.library import LibraryServer

# Folders beat, and so does each file that is found or whose tags are read; in between, what is
# found is compared in one go.
LIMITS = Limits(
    cpu_s=3600.0,
    idle_s=120.0,
    silent_s=3600.0,
    work="looking through the folders",
    remedy="look whether their disk answers, and try again",
)


def scan_folders(server: LibraryServer, request: ScanFolders) -> ScanReport:
    """Look through the folders, and bring the library up to date unless it is cancelled."""
    from fstmuse_core.library.scan import scan_library
    from fstmuse_core.library.tagging import read_new_tags

    def is_cancelled() -> bool:
        heartbeat()
        return server.is_cancelled()

    report = scan_library(
        server.library,
        folder_ids=request.folder_ids,
        progress=lambda n_found: server.progress(n_found, 0),
        cancelled=is_cancelled,
    )
    if not report.cancelled:
        read_new_tags(
            server.library,
            progress=lambda done, total: server.progress(done, total),
            cancelled=is_cancelled,
        )
    return report
