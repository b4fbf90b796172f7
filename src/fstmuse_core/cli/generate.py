"""``fstmuse generate``: new clips, and old ones again from their recipes."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fstmuse_core.cli.common.console import (
    SOME_FAILED,
    WRONG_USE,
    ProgressBar,
    about,
    print_safe,
    say,
)
from fstmuse_core.cli.common.output import check_sound_file
from fstmuse_core.cli.common.param_types import ModelName, Number, SomePath, Whole
from fstmuse_core.system.errors import (
    AudioError,
    BundleError,
    FstMuseError,
    GenerateError,
    one_line,
)
from fstmuse_core.system.isolated import isolated

if TYPE_CHECKING:
    from fstmuse_core.generate.generator import BeatWish, ClipGenerator, Recipe

_ITERATIONS = 32
# What a recipe holds itself.
_OF_A_RECIPE = (
    *("genre", "like", "blend", "seconds", "seed", "count", "iterations"),
    *("bpm", "bars", "form", "variation", "loop", "renew", "stereo"),
)

# Options whose values have another name here.
_PARAMETERS = {"like": "song"}


@click.command(short_help="Make new music of a genre.")
@click.option("--genre", metavar="NAME", help="One that the model knows.")
@click.option(
    "--like",
    "song",
    type=SomePath(path_type=Path),
    metavar="SONG",
    help="A song that the clip is to be like: in sound, and in tempo if it has a steady beat.",
)
@click.option(
    "--blend",
    metavar="NAME:SHARE",
    help="A second genre and how much of it, from 0 to 1, as in Classical:0.3.",
)
@click.option("--seconds", type=Number(), default=30.0, show_default=True, help="From 1 to 600.")
@click.option(
    "--bpm",
    type=Number(),
    metavar="TEMPO",
    help="Beats a minute, from 60 to 200 (default: one that the genre has).",
)
@click.option(
    "--bars", type=Whole(), metavar="N", help="So many bars of four beats, instead of --seconds."
)
@click.option(
    "--form",
    metavar="AABA",
    shell_complete=lambda _context, _option, begun: _forms(begun),
    help="A letter for each section of four bars; a letter that returns is music that returns.",
)
@click.option(
    "--variation",
    type=Number(),
    metavar="SHARE",
    help="How much the bars of a section differ: 0 a loop, 1 as music does.  [default: 1]",
)
@click.option("--loop", is_flag=True, help="Whole bars that lead into their own beginning.")
@click.option(
    "--renew",
    multiple=True,
    metavar="SECTION:SEED",
    help="Make a section from another seed and keep the others, as in B:7; may be repeated.",
)
@click.option(
    "--stereo",
    is_flag=True,
    help="Two channels, wider; together they are the clip without.",
)
@click.option(
    "--seed",
    type=Whole(),
    metavar="N",
    help="The same seed gives the same clip (default: another each time).",
)
@click.option(
    "--count",
    type=Whole(1, 1000),
    default=1,
    show_default=True,
    metavar="N",
    help="So many clips, with this seed and those after it.",
)
@click.option(
    "--iterations",
    type=Whole(),
    default=_ITERATIONS,
    show_default=True,
    metavar="N",
    help="Of Griffin-Lim; more take longer and sound little better.",
)
@click.option(
    "--model",
    type=ModelName(),
    metavar="NAME",
    help="A generator's name or its folder (default: toy-gan, or the recipe's).",
)
@click.option(
    "--recipe",
    "recipe_file",
    type=SomePath(path_type=Path),
    metavar="FILE",
    help="Make the clip in FILE again, by the recipe in its metadata.",
)
@click.option(
    "--output",
    "-o",
    type=SomePath(path_type=Path),
    metavar="OUT.wav|flac|ogg",
    help="Where to write (default: a name that is free here, such as rock-7.wav).",
)
@click.option("--json", "as_json", is_flag=True, help="Print files and recipes as JSON.")
@click.pass_context
def command(
    context: click.Context,
    genre: str | None,
    song: Path | None,
    blend: str | None,
    seconds: float,
    bpm: float | None,
    bars: int | None,
    form: str | None,
    variation: float | None,
    loop: bool,
    renew: tuple[str, ...],
    stereo: bool,
    seed: int | None,
    count: int,
    iterations: int,
    model: str | None,
    recipe_file: Path | None,
    output: Path | None,
    as_json: bool,
) -> int:
    """Make new music: a generator dreams up a mel spectrogram, and that is made sound.

    \b
    fstmuse generate --genre Rock --seconds 30 --seed 7 -o out.wav
    fstmuse generate --genre Rock --blend Classical:0.3 --count 8 -o take.flac
    fstmuse generate --genre Electronic --bpm 124 --bars 16 --form AABA --loop -o loop.wav
    fstmuse generate --like song.mp3 --bars 16 -o like-it.wav
    fstmuse generate --recipe out.wav -o again.wav

    Several clips are numbered: take-1.flac, take-2.flac and so on. Each file holds its recipe
    in its comment, and the same recipe gives the same samples.
    """
    if recipe_file is not None:
        _refuse_settings(context)
    elif genre is None and song is None:
        raise click.UsageError(
            "name a --genre to make music of, a song to be --like, or a --recipe to make again"
        )
    if bars is not None and context.get_parameter_source("seconds") is not ParameterSource.DEFAULT:
        raise click.UsageError("name --seconds or --bars, not both")
    if output is not None:
        check_sound_file(output, recipe_file)

    try:
        if recipe_file is not None:
            generator, recipes = _again(recipe_file, model)
        else:
            first = random.SystemRandom().randrange(2**31 - count) if seed is None else seed
            seeds = range(first, first + count)
            beat = _wish(bpm, bars, form, variation, loop, renew)
            generator, recipes = _new(
                genre, song, blend, seconds, seeds, iterations, model, beat, stereo
            )
    except BundleError:
        raise
    except FstMuseError as error:
        say(f"fstmuse: {error}")
        return WRONG_USE
    targets = _targets(output, recipes)
    for target in targets:
        check_sound_file(target, recipe_file)
    return _make_all(generator, recipes, targets, as_json)


def _forms(begun: str) -> list[str]:
    from fstmuse_core.bundle.bar_noise import FORMS

    return [form for form in FORMS if form.startswith(begun.upper())]


def _refuse_settings(context: click.Context) -> None:
    given = [
        f"--{name}"
        for name in _OF_A_RECIPE
        if context.get_parameter_source(_PARAMETERS.get(name, name)) is not ParameterSource.DEFAULT
    ]
    if given:
        raise click.UsageError(f"--recipe has its own settings; leave out {', '.join(given)}")


def _new(
    genre: str | None,
    song: Path | None,
    blend: str | None,
    seconds: float,
    seeds: range,
    iterations: int,
    model: str | None,
    beat: BeatWish,
    stereo: bool,
) -> tuple[ClipGenerator, list[Recipe]]:
    from fstmuse_core.generate.generator import DEFAULT_GENERATOR, ClipGenerator, parse_blend

    second = None if blend is None else parse_blend(blend)
    generator = ClipGenerator.load(model or DEFAULT_GENERATOR)
    like = None
    if song is not None:
        heard = generator.listen_to(song)
        like, genre = heard.like, genre or heard.genre
        beat = heard.wish(beat, has_beat=generator.has_beat(genre))
        if heard.note:
            say(f"fstmuse: {heard.note}")
    recipes = [
        generator.recipe(
            str(genre), seconds, seed, second, iterations, beat=beat, like=like, stereo=stereo
        )
        for seed in seeds
    ]
    return generator, recipes


def _wish(
    bpm: float | None,
    bars: int | None,
    form: str | None,
    variation: float | None,
    loop: bool,
    renew: tuple[str, ...],
) -> BeatWish:
    from fstmuse_core.generate.groove import BeatWish, parse_renewed

    return BeatWish(
        bpm=bpm,
        bars=bars,
        form=None if form is None else form.strip().upper(),
        variation=1.0 if variation is None else variation,
        loop=loop,
        renewed=parse_renewed(renew),
    )


def _again(file: Path, model: str | None) -> tuple[ClipGenerator, list[Recipe]]:
    from fstmuse_core import __version__
    from fstmuse_core.bundle.find_by_hash import whereabouts
    from fstmuse_core.generate.generator import ClipGenerator, read_recipe

    recipe = isolated(read_recipe, file)
    # By its hash, for it may have been renamed since.
    name = model or whereabouts(recipe.model_sha256).name or recipe.model
    generator = ClipGenerator.load(name, installed_only=model is None)
    if model is None:
        generator.check_made(recipe)
    if recipe.version != __version__:
        say(
            f"fstmuse: {file} was made with FstMuse {one_line(recipe.version)}; "
            f"this is {__version__}, and may sound a little different"
        )
    return generator, [generator.again(recipe)]


def _targets(output: Path | None, recipes: list[Recipe]) -> list[Path]:
    if output is None:
        return [_free(f"{recipe.genre.casefold()}-{recipe.seed}") for recipe in recipes]
    if len(recipes) == 1:
        return [output]
    return [output.with_stem(f"{output.stem}-{number + 1}") for number in range(len(recipes))]


def _free(stem: str) -> Path:
    """A name here that is free: nobody who names no file means to replace one."""
    path, number = Path(f"{stem}.wav"), 1
    while os.path.lexists(path):
        number += 1
        path = Path(f"{stem}-{number}.wav")
    return path


def _make_all(
    generator: ClipGenerator, recipes: list[Recipe], targets: list[Path], as_json: bool
) -> int:
    records: list[dict[str, Any]] = []
    failed = 0
    with ProgressBar(len(recipes)) as bar:
        for index, (recipe, target) in enumerate(zip(recipes, targets, strict=True)):
            try:
                _make(generator, recipe, target, bar, index)
            except (AudioError, GenerateError) as error:
                bar.clear()
                failed += 1
                say(f"fstmuse: {about(target, error) if error.subject == target else error}")
                continue
            records.append({"path": str(target), "recipe": recipe.to_dict()})
            if not as_json:
                bar.clear()
                print_safe(f"{target}: {recipe.title}, {recipe.seconds:g} s", flush=True)
    if as_json:
        print_safe(json.dumps(records, indent=1))
    return SOME_FAILED if failed else 0


def _make(
    generator: ClipGenerator, recipe: Recipe, target: Path, bar: ProgressBar, index: int
) -> None:
    from fstmuse_core.generate.generator import save_clip

    def tell(fraction: float) -> None:
        bar.update(index + fraction, target.name)

    save_clip(target, generator.make(recipe, progress=tell))
