"""Sound devices by name and host API, and sentences for when there are none.

PortAudio numbers devices anew at each start, so a device is remembered by its name and its
host API. Everything here may be called without Qt; `sounddevice` is imported on first use.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from fstmuse_core.system.errors import FstMuseError, one_line

Direction = Literal["input", "output"]

_NO_DEVICE = {
    "input": (
        "Microphone",
        "no input device was found",
        "plug one in and choose Rescan",
    ),
    "output": (
        "Loudspeaker",
        "no output device was found",
        "plug in headphones or speakers, then press Play again",
    ),
}
# Names that sound servers give to whatever is chosen elsewhere; they tell a reader nothing.
_NAMELESS = {"default", "sysdefault", "pulse", "pipewire", "jack"}
# ALSA appends the card's number, which depends on the order of plugging in.
_CARD_NUMBER = re.compile(r"\s*\((?:plug)?hw:\d+,\d+\)$")


class SoundError(FstMuseError):
    """A sound device that cannot be used."""


def no_device(direction: Direction) -> SoundError:
    """The sentence for a computer without inputs, or without outputs."""
    return SoundError(*_NO_DEVICE[direction])


@dataclass(frozen=True, slots=True)
class DeviceId:
    """Identity of a device, the same from one start to the next."""

    name: str
    host_api: str

    @property
    def text(self) -> str:
        """String for the settings."""
        return f"{self.host_api}\t{self.name}"

    @classmethod
    def parse(cls, text: str) -> DeviceId | None:
        """Inverse of :attr:`text`; None for what is not such a string, as the empty one."""
        host_api, tab, name = text.partition("\t")
        return cls(name, host_api) if tab and name else None


@dataclass(frozen=True, slots=True)
class SoundDevice:
    """An input or output as PortAudio lists it now.

    Attributes
    ----------
    id : DeviceId
        Its lasting identity.
    index : int
        PortAudio's number, valid until the next rescan.
    channels : int
        Channels in the direction asked for, 1 or more.
    default_rate : int
        The rate in hertz the device likes best.
    is_default : bool
        True if the system would choose it.
    """

    id: DeviceId
    index: int
    channels: int
    default_rate: int
    is_default: bool


def portaudio() -> ModuleType:
    """The `sounddevice` module; raises :class:`SoundError` where PortAudio cannot start."""
    try:
        import sounddevice
    except OSError as error:
        raise SoundError(
            "Sound", "the PortAudio library is missing", install_hint(sys.platform)
        ) from error
    except Exception as error:
        raise SoundError(
            "Sound",
            f"the sound system did not start ({one_line(str(error))})",
            "check the system's sound settings",
        ) from error
    module: ModuleType = sounddevice
    return module


def list_devices(direction: Direction) -> tuple[SoundDevice, ...]:
    """Devices that can record (``"input"``) or play (``"output"``); may be empty.

    Raises
    ------
    SoundError
        If PortAudio is missing or cannot start.
    """
    sd = portaudio()
    try:
        infos: Sequence[dict[str, Any]] = sd.query_devices()
        apis = [api["name"] for api in sd.query_hostapis()]
        default = sd.default.device[0 if direction == "input" else 1]
    except sd.PortAudioError as error:
        raise SoundError(
            "Sound",
            f"devices could not be listed ({portaudio_reason(error)})",
            "choose Rescan to try again",
        ) from error
    return tuple(
        SoundDevice(
            id=DeviceId(info["name"], apis[info["hostapi"]]),
            index=index,
            channels=info[f"max_{direction}_channels"],
            default_rate=round(info["default_samplerate"]),
            is_default=index == default,
        )
        for index, info in enumerate(infos)
        if info[f"max_{direction}_channels"] > 0
    )


def find_device(direction: Direction, wanted: Sequence[DeviceId] = ()) -> SoundDevice:
    """The first of ``wanted`` that is there, else the system's default, else any.

    Raises
    ------
    SoundError
        If there is no device at all, or no PortAudio.
    """
    devices = list_devices(direction)
    if not devices:
        raise no_device(direction)
    for identity in wanted:
        found = _match(devices, identity)
        if found is not None:
            return found
    return next((device for device in devices if device.is_default), devices[0])


def _match(devices: Sequence[SoundDevice], wanted: DeviceId) -> SoundDevice | None:
    """The same name and host API, else the same name but for ALSA's card number."""
    plain = _CARD_NUMBER.sub("", wanted.name)
    same_api = [device for device in devices if device.id.host_api == wanted.host_api]
    exact = (device for device in same_api if device.id.name == wanted.name)
    moved = (device for device in same_api if _CARD_NUMBER.sub("", device.id.name) == plain)
    return next(exact, None) or next(moved, None)


def rescan() -> None:
    """Have PortAudio look for devices again. No stream may be open.

    Raises
    ------
    SoundError
        If PortAudio is missing or does not start again.
    """
    sd = portaudio()
    # PortAudio lists devices only while it initialises, and sounddevice has no public way.
    try:
        while sd._initialized:
            sd._terminate()
        sd._initialize()
    except sd.PortAudioError as error:
        raise SoundError(
            "Sound",
            f"devices could not be listed ({portaudio_reason(error)})",
            "choose Rescan to try again",
        ) from error


def label(device: SoundDevice, devices: Sequence[SoundDevice]) -> str:
    """A name to show, with the host API where several are in use."""
    several = len({other.id.host_api for other in devices}) > 1
    name = one_line(device.id.name)
    return f"{name} ({device.id.host_api})" if several else name


def spoken_name(device: SoundDevice, direction: Direction) -> str:
    """Name of the device in a sentence."""
    if device.id.name.lower() in _NAMELESS:
        return "Microphone" if direction == "input" else "Loudspeaker"
    return device.id.name


def portaudio_reason(error: Exception) -> str:
    """PortAudio's own words on one line, without its error number."""
    return one_line(str(error.args[0]) if error.args else type(error).__name__)


def describe_devices() -> list[str]:
    """Lines for ``fstmuse doctor``: PortAudio, then inputs and outputs, or what is missing."""
    try:
        version = portaudio().get_portaudio_version()[1]
        lines = [one_line(version)]
        for direction in ("input", "output"):
            lines += _describe(direction)
    except SoundError as error:
        return [str(error)]
    return lines


def _describe(direction: Direction) -> list[str]:
    devices = list_devices(direction)
    if not devices:
        return [str(no_device(direction))]
    return [
        f"{direction}: {one_line(device.id.name)} ({device.id.host_api}), "
        f"{device.channels} channels, {device.default_rate} Hz"
        + (", default" if device.is_default else "")
        for device in devices
    ]


def install_hint(platform: str) -> str:
    """Advice on getting PortAudio on ``platform`` (as ``sys.platform``)."""
    if platform.startswith("linux"):
        return (
            "install it (Debian and Ubuntu: sudo apt install libportaudio2) and start FstMuse again"
        )
    return "install sounddevice again (pip install --force-reinstall sounddevice)"
