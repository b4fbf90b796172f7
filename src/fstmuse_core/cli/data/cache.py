"""``fstmuse data cache``: what the kept features take."""

from __future__ import annotations

import click

from fstmuse_core.cli.console import print_safe
from fstmuse_core.errors import one_line


@click.command(short_help="Show how large the feature cache is, or empty it.")
@click.option("--clear", is_flag=True, help="Remove all features; training makes them anew.")
def cache(clear: bool) -> int:
    """Show where the features of clips are kept and what they take, or empty the cache.

    It is not emptied while a training runs. The environment variable FSTMUSE_CACHE puts it
    elsewhere.
    """
    from fstmuse_core.datasets.cache import FeatureCache, default_cache_folder, empty_cache
    from fstmuse_core.datasets.wording import sized

    where = one_line(str(default_cache_folder()))
    if clear:
        done = empty_cache()
        print_safe(f"{where}: 0 clips, {sized(done.left)}")
        print_safe(f"{sized(done.freed)} were freed")
    else:
        with FeatureCache() as features:
            size = features.size()
        print_safe(f"{where}: {size.clips} clips, {sized(size.bytes)}")
    return 0
