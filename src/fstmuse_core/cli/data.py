"""``fstmuse data``: get data sets, check them, keep their features, and see the corrections."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from fstmuse_core.cli.common.console import SOME_FAILED, ProgressBar, print_safe, say
from fstmuse_core.cli.common.output import check_writable, open_text
from fstmuse_core.cli.common.param_types import (
    SomePath,
    Whole,
    cluster_option,
    kind_option,
    tag_encoding_option,
)
from fstmuse_core.system.errors import FstMuseError, one_line

if TYPE_CHECKING:
    from fstmuse_core.datasets.corrections.journal import Correction
    from fstmuse_core.datasets.corrections.store import CorrectionStore


class StepBar:
    """Steps done of all, as ``progress`` callbacks tell them."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._bar: ProgressBar | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.clear()

    def update(self, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` steps are done."""
        if self._bar is None:
            self._bar = ProgressBar(total)
        self._bar.update(done, self._label)


@click.command(short_help="Show how large the feature cache is, fill or empty it.")
@click.argument("paths", nargs=-1, type=SomePath(), metavar="[PATH...]")
@click.option("--clear", is_flag=True, help="Remove all that is kept; training makes it anew.")
@kind_option
@cluster_option("Make the features")
def cache(paths: tuple[str, ...], clear: bool, kinds: tuple[str, ...], cluster: str | None) -> int:
    """Make the features of the data sets PATH, or show where they are kept and what they take.

    A training makes what it lacks itself; this does so before, on several machines if need be.
    Files that cannot be used are named, and make the exit code 1. The tagger's outputs that quick
    trainings keep lie beside it and are counted and emptied with it. It is not emptied while a
    training runs. The environment variable FSTMUSE_CACHE puts it elsewhere.
    """
    from fstmuse_core.datasets.cache import FeatureCache, default_cache_folder, empty_cache
    from fstmuse_core.system.wording import sized

    if clear and paths:
        raise click.UsageError("--clear empties the whole cache; leave out the paths")
    if (cluster or kinds) and not paths:
        raise click.UsageError("name the data sets whose features are to be made")
    where = one_line(str(default_cache_folder()))
    if paths:
        return _fill(paths, kinds, cluster or "")
    if clear:
        done = empty_cache()
        print_safe(f"{where}: 0 clips, {sized(done.left)}")
        tagger = f", {sized(done.of_tagger)} of them the tagger's outputs for quick trainings"
        print_safe(f"{sized(done.freed)} were freed{tagger if done.of_tagger else ''}")
    else:
        with FeatureCache() as features:
            size = features.size()
        print_safe(f"{where}: {size.clips} clips, {sized(size.bytes)}")
    return 0


def _fill(paths: tuple[str, ...], kinds: tuple[str, ...], cluster: str) -> int:
    from fstmuse_core.datasets.cache import FeatureCache
    from fstmuse_core.datasets.detect import data_path, kinds_of, load_tracks

    kind = kinds_of(paths, kinds)
    with StepBar("reading tags") as bar:
        found = [
            load_tracks(data_path(path), each, progress=bar.update)
            for path, each in zip(paths, kind, strict=True)
        ]
    files = [track.path for collection in found for track in collection.tracks]
    with FeatureCache() as features, StepBar("features") as bar:
        filled = features.fill(files, progress=bar.update, cluster=cluster)
    aside = [file for collection in found for file in collection.set_aside]
    for file in (*aside, *filled.set_aside):
        say(f"left out: {one_line(str(file.path))}: {file.reason}")
    known = f", {filled.reused:,} were there" if filled.reused else ""
    print_safe(f"features of {filled.computed:,} clips made{known}")
    return SOME_FAILED if aside or filled.set_aside else 0


@click.command(short_help="Listen to all files of a data set and report.")
@click.argument("path", type=SomePath())
@click.option(
    "--format",
    "layout",
    type=click.Choice(("table", "json", "markdown")),
    default="table",
    show_default=True,
)
@click.option(
    "--output",
    "-o",
    type=SomePath(path_type=Path),
    help="A file for the report, instead of standard output.",
)
@kind_option
@tag_encoding_option()
@click.option(
    "--processes",
    type=Whole(1, 64),
    help="How many listen at once; one for each core by default.",
)
def check(
    path: str,
    layout: str,
    output: Path | None,
    kinds: tuple[str, ...],
    tag_encoding: str | None,
    processes: int | None,
) -> int:
    """Listen to all files of the data set PATH, and report what it is worth.

    The report has clips and artists per genre; files that are unreadable, silent, too short or
    clipped; the same sound more than once; artists and duplicates that a split at random would
    put on both sides; and what a test on each genre can say.

    The exit code is 1 if files were set aside or nothing can be trained on the data set.
    """
    check_writable(output, path)

    from fstmuse_core.datasets.check import as_markdown, as_text, check_collection
    from fstmuse_core.datasets.detect import data_path, how_chosen, kinds_of, load_tracks
    from fstmuse_core.tags.text_encoding import AUTO, encoding_of

    (kind,) = kinds_of([path], kinds)
    encoding = encoding_of(tag_encoding or AUTO)
    with StepBar("reading tags") as bar:
        collection = load_tracks(data_path(path), kind, tag_encoding=encoding, progress=bar.update)
    if kind is None and (line := how_chosen(collection)):
        say(line)
    with StepBar("listening") as bar:
        report = check_collection(collection, processes=processes, progress=bar.update)
    with open_text(output) as stream:
        if layout == "json":
            json.dump(report.to_dict(), stream, indent=1, ensure_ascii=False)
            stream.write("\n")
        else:
            stream.write(as_text(report) if layout == "table" else as_markdown(report))
    return SOME_FAILED if report.problem or report.set_aside else 0


_ID_LENGTH = 8


@click.group(invoke_without_command=True, short_help="List, take back or export your corrections.")
@click.pass_context
def corrections(context: click.Context) -> None:
    """List, take back or export what you said with "fstmuse correct" or in the Classify tab."""
    if context.invoked_subcommand is None:
        context.invoke(listing)


@corrections.command(name="list", short_help="Show all corrections, the newest last.")
@click.option(
    "--format",
    "layout",
    type=click.Choice(("table", "json")),
    default="table",
    show_default=True,
)
def listing(layout: str = "table") -> int:
    """Show all corrections: what you said, what the model said, and of which file."""
    store = _store()
    records = store.records()
    if layout == "json":
        print_safe(json.dumps([record.to_dict(store.folder) for record in records], indent=1))
        return 0
    for record in records:
        print_safe(_row(record))
    if not records:
        say("fstmuse: nothing has been corrected yet; fstmuse correct --help says how")
    return 0


def _row(record: Correction) -> str:
    model = f"{record.heard} {record.probability:.0%}" if record.was_sure else "not sure"
    said = "as it says" if record.is_confirmation else f"you say {record.genre}"
    where = record.title if record.is_kept else str(record.path)
    gone = "" if record.path.is_file() else "  (moved or removed)"
    short = record.sound[:_ID_LENGTH]
    return f"{short}  {record.date[:10]}  {model:<18} {said:<28} {one_line(where)}{gone}"


@corrections.command(short_help="Forget what was said of files.")
@click.argument("what", nargs=-1, required=True, metavar="FILE|ID...", type=SomePath())
def remove(what: tuple[str, ...]) -> int:
    """Forget what was said of files, named as files or by the beginning of their ID.

    Files stay; a recording that was kept with its correction is deleted.
    """
    store = _store()
    failed = False
    for name in what:
        try:
            record = _named(store, name)
            change = store.remove(record.sound)
        except FstMuseError as error:
            failed = True
            say(f"fstmuse: {error}")
            continue
        _say_all(change.notices)
        deleted = "; the recording was deleted" if record.is_kept else ""
        print_safe(f"{one_line(record.title)}: {record.genre} is forgotten{deleted}")
    return SOME_FAILED if failed else 0


@corrections.command(short_help="Take the last step back.")
def undo() -> int:
    """Take the last step back: a correction, or a removal."""
    change = _store().undo()
    _say_all(change.notices)
    if change.before is not None:
        now = f"{change.record.genre} again" if change.record else "not corrected any more"
        print_safe(f"{one_line(change.before.title)}: {now}")
    elif change.record is not None:
        print_safe(f"{one_line(change.record.title)}: {change.record.genre} again")
    return 0


@corrections.command(short_help="Write a manifest.csv.")
@click.argument("file", type=SomePath(path_type=Path), metavar="FILE.csv")
def export(file: Path) -> int:
    """Write the corrections into FILE.csv, a manifest that is a data set anywhere.

    The exit code is 1 if files had to be left out.
    """
    from fstmuse_core.datasets.corrections.tracks import export_manifest, read_corrections
    from fstmuse_core.system.wording import counted

    check_writable(file)
    collection = read_corrections(_store().folder)
    unfit = export_manifest(collection, file)
    for aside in (*collection.set_aside, *unfit):
        say(f"left out: {one_line(str(aside.path))}: {aside.reason}")
    written = counted(len(collection.tracks) - len(unfit), "track")
    print_safe(f"{one_line(str(file))}: {written}")
    return SOME_FAILED if unfit or collection.set_aside else 0


def _store() -> CorrectionStore:
    from fstmuse_core.datasets.corrections.store import CorrectionStore

    store = CorrectionStore()
    _say_all(store.notices())
    return store


def _say_all(notices: tuple[str, ...]) -> None:
    for notice in notices:
        say(f"fstmuse: {notice}")


def _named(store: CorrectionStore, name: str) -> Correction:
    path = Path(name).absolute()
    records = store.records()
    found = [record for record in records if record.path == path]
    found = found or [record for record in (store.find(path),) if record]
    if not found and len(name) >= 4:
        found = [record for record in records if record.sound.startswith(name)]
    if len(found) != 1:
        why = "several corrections begin so" if found else "it has not been corrected"
        raise FstMuseError(name, why, "see them with: fstmuse data corrections")
    return found[0]


_MEBIBYTE = 2**20


@click.command(short_help="Download FMA, check and unpack it.")
@click.argument("name", type=click.Choice(("fma-small", "fma-medium")))
@click.option(
    "--to",
    "folder",
    type=SomePath(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where it goes; by default FMA in your music folder.",
)
@click.option("--yes", is_flag=True, help="Do not ask before the download.")
@click.option("--mirror", metavar="URL", help="Get it from here instead of its authors' server.")
def fetch(name: str, folder: Path | None, yes: bool, mirror: str | None) -> int:
    """Download the Free Music Archive data set with its metadata, check and unpack it.

    \b
    fma-small   8,000 clips of 30 s, 8 genres of 1,000 each (7.2 GiB)
    fma-medium  25,000 clips of 30 s, 16 genres of different sizes (22 GiB)

    After a cut, or Ctrl+C, the same command goes on where it was. While it is unpacked, twice
    the room is needed.
    """
    if mirror and not mirror.startswith(("http://", "https://")):
        raise click.BadParameter(f"{mirror} begins neither with http:// nor with https://")

    from fstmuse_core.datasets.fma import (
        FMA_URL,
        default_fma_folder,
        fetch_archives,
        missing_archives,
    )
    from fstmuse_core.system.download import NoRoomError

    target = folder or default_fma_folder()
    archives = missing_archives(name, target)
    shown = one_line(str(target))
    if archives:
        size = sum(archive.gibibytes for archive in archives)
        _ask(f"Download {size:.1f} GiB to {shown}?", yes)
        with ExitStack() as stack:
            bars: dict[str, StepBar] = {}

            def show(step: str, done: int, total: int) -> None:
                if step not in bars:
                    stack.close()
                    bars[step] = stack.enter_context(StepBar(f"{step} (MiB)"))
                bars[step].update(done // _MEBIBYTE, total // _MEBIBYTE)

            try:
                fetch_archives(archives, target, base_url=mirror or FMA_URL, progress=show)
            except NoRoomError as error:
                remedy = f"{error.remedy} with --to"
                raise FstMuseError(error.subject, error.reason, remedy) from error
    say(f"{name} is in {shown}; see it with: fstmuse data check {shown}")
    return 0


def _ask(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Add --yes to say so.")
    click.confirm(question, abort=True, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Get data sets, check them, and look after the features kept of them.

    A data set is FMA as its authors ship it, folders named after genres, any folder of tagged
    music, a manifest.csv, or the word "corrections" for your own corrections.
    """


command.add_command(fetch)
command.add_command(check)
command.add_command(corrections)
command.add_command(cache)
