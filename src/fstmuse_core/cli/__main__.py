"""``python -m fstmuse_core.cli`` is ``fstmuse``; the app and its children begin here."""

import sys

from fstmuse_core.system.child_process import serve_children

if __name__ == "__main__" and not serve_children(sys.argv):
    from fstmuse_core.cli import main

    sys.exit(main())
