"""``python -m fstmuse_core.cli`` is ``fstmuse``."""

import sys

from fstmuse_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
