"""Which of a file's sound tracks is heard: the default one, else the first that is not silent."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from fstmuse_core.decoders.byte_file import Part
from fstmuse_core.decoders.frames import float_samples
from fstmuse_core.decoders.source import UnreadableError

# How much of a track is looked at, and the peak below which it counts as silent.
_LISTENED_S = 60.0
_SILENT_PEAK = 3e-4
_NUMBERS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()


def choose_track(
    part: Part, container: Any, reopen: Callable[[Part], Any]
) -> tuple[int, list[str]]:
    """Index of the stream to decode, and a note where there is more than one.

    Raises
    ------
    UnreadableError
        If there is no sound track.
    """
    tracks = list(container.streams.audio)
    if not tracks:
        raise UnreadableError("it has no sound track")
    if len(tracks) == 1:
        return tracks[0].index, []
    default = [track for track in tracks if _is_default(track)]
    # Some formats flag every track, or none.
    marked = default if len(default) == 1 else []
    order = marked + [track for track in tracks if track not in marked]
    chosen = order[0]
    why = "the default one" if marked else ""
    for candidate in order:
        if not _is_silent(part, candidate.index, reopen):
            if candidate is not order[0]:
                why = "the first that is not silent"
            chosen = candidate
            break
    number = tracks.index(chosen)
    name = f"the {_NUMBERS[number]}" if number < len(_NUMBERS) else f"number {number + 1}"
    reason = f", {why}," if why else ""
    return chosen.index, [f"it has {len(tracks)} sound tracks; {name}{reason} was heard"]


def _is_default(track: Any) -> bool:
    import av.stream

    disposition = getattr(track, "disposition", None)
    return bool(disposition is not None and disposition & av.stream.Disposition.default)


def _is_silent(part: Part, index: int, reopen: Callable[[Part], Any]) -> bool:
    """True if a track holds nothing but silence as far as it is looked at, or cannot be decoded."""
    import av

    container = reopen(part)
    try:
        stream = container.streams[index]
        if not getattr(stream.codec_context, "sample_rate", 0):
            return True
        heard = 0.0
        for packet in container.demux(stream):
            frames: list[Any] = []
            with suppress(av.FFmpegError):
                frames = packet.decode()
            for frame in frames:
                if np.abs(float_samples(frame)).max(initial=0.0) > _SILENT_PEAK:
                    return False
                heard += frame.samples / max(1, frame.sample_rate)
            if heard > _LISTENED_S:
                return True
        return True
    except av.FFmpegError:
        return True
    finally:
        container.close()
