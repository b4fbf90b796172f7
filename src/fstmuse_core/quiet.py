"""Keep the chatter of C libraries off the user's terminal."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def mute_native_stderr() -> TextIO:
    """Send what C code writes to standard error to nowhere; Python's own messages still show.

    libmpg123 and LiteRT write warnings straight to file descriptor 2, in the middle of a
    progress bar. From here on ``sys.stderr`` is a copy of the old descriptor; where it is none
    of its own already, as in a copy of a process that has done so, nothing changes.

    Returns
    -------
    TextIO
        The new ``sys.stderr``; for whoever held the old one, such as ``faulthandler``.
    """
    try:
        if sys.stderr.fileno() != 2:
            return sys.stderr
        kept = os.dup(2)
    except (AttributeError, OSError, ValueError):  # started without a standard error
        return sys.stderr
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    sys.stderr = os.fdopen(kept, "w", buffering=1, encoding=encoding, errors="backslashreplace")
    return sys.stderr
