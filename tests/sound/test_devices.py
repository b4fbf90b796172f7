from __future__ import annotations

import builtins
import sys

import pytest

from fstmuse_gui.sound import devices, streams
from fstmuse_gui.sound.buffers import OutputCallback
from fstmuse_gui.sound.devices import DeviceId, SoundError
from fstmuse_gui.sound.recorder import silence_remedy

from .fake_portaudio import FakePortAudio


def test_a_device_is_found_by_name_and_host_api_whatever_its_number(
    portaudio: FakePortAudio,
) -> None:
    portaudio.apis.append("JACK")
    portaudio.add("Line in", inputs=2, api=0)
    wanted = portaudio.add("Line in", inputs=2, api=1)
    assert devices.find_device("input", [DeviceId("Line in", "JACK")]).index == wanted


def test_wanted_devices_are_tried_in_order_and_the_default_last(portaudio: FakePortAudio) -> None:
    usb = portaudio.add("USB microphone", inputs=1)
    gone, there = DeviceId("Gone", "ALSA"), DeviceId("USB microphone", "ALSA")
    assert devices.find_device("input", [gone, there]).index == usb
    assert devices.find_device("input", [gone]).id.name == "Desk microphone"


def test_an_alsa_card_is_known_after_its_number_changed(portaudio: FakePortAudio) -> None:
    moved = portaudio.add("USB Audio: - (hw:2,0)", inputs=1)
    wanted = DeviceId("USB Audio: - (hw:1,0)", "ALSA")
    assert devices.find_device("input", [wanted]).index == moved


def test_inputs_and_outputs_are_listed_apart(portaudio: FakePortAudio) -> None:
    assert [d.id.name for d in devices.list_devices("input")] == ["Desk microphone"]
    assert [d.id.name for d in devices.list_devices("output")] == ["Speakers"]


@pytest.mark.parametrize("direction", ["input", "output"])
def test_no_device_is_a_sentence_with_a_remedy(no_devices: FakePortAudio, direction: str) -> None:
    with pytest.raises(SoundError, match="was found; plug"):
        devices.find_device(direction)  # type: ignore[arg-type]


def test_a_missing_library_is_a_sentence_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def fail(name: str, *args: object, **kwargs: object) -> object:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real_import(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(SoundError, match="PortAudio library is missing"):
        devices.portaudio()
    assert len(devices.describe_devices()) == 1
    assert "libportaudio2" in devices.install_hint("linux")


def test_devices_are_described_for_the_doctor(portaudio: FakePortAudio) -> None:
    assert devices.describe_devices() == [
        "PortAudio V19.7.0-devel",
        "input: Desk microphone (ALSA), 1 channels, 22050 Hz, default",
        "output: Speakers (ALSA), 2 channels, 48000 Hz, default",
    ]


def test_no_devices_are_described_for_the_doctor(no_devices: FakePortAudio) -> None:
    lines = devices.describe_devices()
    assert "no input device" in lines[1]
    assert "no output device" in lines[2]


def test_a_rescan_finds_what_was_plugged_in(portaudio: FakePortAudio) -> None:
    after = FakePortAudio()
    after.add("Headset", inputs=1, outputs=2)
    portaudio.after_rescan = after.devices
    streams.rescan()
    assert [d.id.name for d in devices.list_devices("input")] == ["Headset"]
    assert portaudio._initialized == 1


def test_a_rescan_waits_for_open_streams(portaudio: FakePortAudio) -> None:
    device = devices.find_device("output")
    stream = streams.open_stream("output", device, [(48_000, 2)], OutputCallback)
    with pytest.raises(SoundError, match="stop it, then choose Rescan"):
        streams.rescan()
    stream.close()
    streams.rescan()


def test_a_stream_takes_the_first_format_the_device_accepts(portaudio: FakePortAudio) -> None:
    portaudio.rates = {48_000}
    device = devices.find_device("output")
    stream = streams.open_stream("output", device, [(22_050, 1), (48_000, 2)], OutputCallback)
    assert (stream.rate, stream.channels) == (48_000, 2)
    stream.close()


def test_a_busy_device_is_a_sentence(portaudio: FakePortAudio) -> None:
    portaudio.busy = {1}
    device = devices.find_device("output")
    with pytest.raises(SoundError, match="Speakers: the device is in use elsewhere"):
        streams.open_stream("output", device, [(48_000, 2)], OutputCallback)


@pytest.mark.parametrize("name", ["Mic", "Mikrofon (USB)", "name\twith tab"])
def test_an_identity_survives_the_settings(name: str) -> None:
    identity = DeviceId(name, "Windows WASAPI")
    assert DeviceId.parse(identity.text) == identity


@pytest.mark.parametrize("text", ["", "no tab", "api\t"])
def test_a_bad_stored_identity_is_none(text: str) -> None:
    assert DeviceId.parse(text) is None


def test_host_apis_are_named_only_where_there_are_several(portaudio: FakePortAudio) -> None:
    inputs = devices.list_devices("input")
    assert devices.label(inputs[0], inputs) == "Desk microphone"
    portaudio.apis.append("JACK")
    portaudio.add("Desk microphone", inputs=1, api=1)
    inputs = devices.list_devices("input")
    assert devices.label(inputs[1], inputs) == "Desk microphone (JACK)"


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("darwin", "System Settings > Privacy & Security > Microphone"),
        ("win32", "Settings > Privacy & security > Microphone"),
        ("linux", "the system's sound settings"),
    ],
)
def test_a_silent_microphone_has_a_remedy_on_each_platform(platform: str, place: str) -> None:
    assert place in silence_remedy(platform)


def test_a_sentence_does_not_call_a_device_default(portaudio: FakePortAudio) -> None:
    portaudio.devices[0]["name"] = "default"
    nameless, named = devices.find_device("input"), devices.find_device("output")
    assert devices.spoken_name(nameless, "input") == "Microphone"
    assert devices.spoken_name(named, "output") == "Speakers"
