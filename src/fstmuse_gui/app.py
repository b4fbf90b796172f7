"""Starting the window."""

from __future__ import annotations

import time

_IMPORTED_AT = time.time()

import argparse  # noqa: E402
import logging  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402

from fstmuse_core.cli.common.console import prepare_streams  # noqa: E402
from fstmuse_core.system.native_libraries import use_one_thread  # noqa: E402
from fstmuse_gui.settings import APP_ID, APP_NAME, DESKTOP_ID, ORGANISATION, TAGLINE  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Open the window, or with ``--smoke-test`` prove that it works; returns the exit code.

    Where a window is open already, what was to be opened goes to that one.

    Parameters
    ----------
    argv : list of str, optional
        Arguments without the program's name: files and folders to classify. Those of the
        process by default.
    """
    prepare_streams()
    use_one_thread()
    options = _parse(sys.argv[1:] if argv is None else argv)
    # Qt's event loop never comes back to Python for Ctrl+C; let it end the program as such.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")

    from PySide6.QtWidgets import QApplication

    from fstmuse_gui import start

    app = QApplication.instance() or start.Application([APP_NAME])
    assert isinstance(app, QApplication)
    app.setApplicationName(APP_NAME)
    app.setOrganizationName(ORGANISATION)
    app.setDesktopFileName(DESKTOP_ID)
    if options.smoke_test:
        from fstmuse_gui.smoke import run_smoke_test

        return run_smoke_test(app, _IMPORTED_AT)

    server = start.claim_window(options.paths)
    if server is None:
        return 0
    from fstmuse_gui.settings import Settings

    window = start.open_window(app, Settings())
    start.take_requests(server, window)
    if options.paths:
        window.open_paths(options.paths)
    return app.exec()


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"{APP_ID} gui", description=TAGLINE)
    parser.add_argument("paths", nargs="*", metavar="PATH", help="songs or folders to classify")
    parser.add_argument(
        "--smoke-test",
        action="store_true",
        help="open, classify a clip made up on the spot, print a line of JSON and end",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
