"""Fills a cache in small shards and says each step, until it is killed.

python fill_cache.py CACHE MUSIC
"""

from __future__ import annotations

import sys
from pathlib import Path

from fstmuse_core.datasets import cache


def main() -> None:
    cache._SHARD_BYTES = 60_000  # two clips of four seconds
    with cache.FeatureCache(Path(sys.argv[1])) as features:
        features.fill(
            sorted(Path(sys.argv[2]).glob("*.wav")),
            processes=2,
            progress=lambda done, total: print(done, flush=True),
        )


if __name__ == "__main__":
    main()
