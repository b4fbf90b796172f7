"""``fstmuse data cache``: what the kept features take."""

from __future__ import annotations

import click

from fstmuse_core.errors import one_line


@click.command(short_help="Show how large the feature cache is, or empty it.")
@click.option("--clear", is_flag=True, help="Remove all features; training makes them anew.")
def cache(clear: bool) -> int:
    """Show where the features of clips are kept and what they take, or empty the cache.

    The environment variable FSTMUSE_CACHE puts it elsewhere.
    """
    from fstmuse_core.datasets.cache import FeatureCache
    from fstmuse_core.datasets.wording import sized

    with FeatureCache() as features:
        freed = features.clear() if clear else None
        size = features.size()
        print(f"{one_line(str(features.folder))}: {size.clips} clips, {sized(size.bytes)}")
        if freed is not None:
            print(f"{sized(freed)} were freed")
    return 0
