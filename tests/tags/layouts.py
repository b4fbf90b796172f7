"""Sounds with tags in layouts as programs of thirty years have left them, by a seed."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEXT_FRAMES = {
    2: ("TT2", "TP1", "TAL", "TCM", "TRK", "TYE", "TEN", "TCO"),
    3: ("TIT2", "TPE1", "TALB", "TCOM", "TRCK", "TYER", "TENC", "TCON"),
    4: ("TIT2", "TPE1", "TALB", "TCOM", "TRCK", "TDRC", "TSSE", "TCON"),
}
NAMES = {2: ("COM", "TXX", "ULT", "WXX", "PIC"), 3: ("COMM", "TXXX", "USLT", "WXXX", "APIC")}
NAMES[4] = NAMES[3]
TEXTS = ("", " ", "Song", "Söngström", "曲", "A\0B", "x" * 300, "Polka", "Unknown", "(17)", "Other")


@dataclass
class Layouts:
    """A source of random tags; what it makes depends on ``chance`` alone."""

    chance: random.Random

    def text(self, version: int, encoding: int, text: str) -> bytes:
        """A text in one of ID3's encodings, now and then with its end mark."""
        if encoding == 0:
            data, end = text.encode("latin-1", "replace"), b"\0"
        elif encoding == 1:
            data, end = b"\xff\xfe" + text.encode("utf-16-le"), b"\0\0"
        elif encoding == 2:
            data, end = text.encode("utf-16-be"), b"\0\0"
        else:
            data, end = text.encode(), b"\0"
        return data + (end if self.chance.random() < 0.5 else b"")

    def frame_body(self, name: str, version: int) -> bytes:
        encoding = self.chance.choice((0, 1) if version < 4 else (0, 1, 2, 3))
        end = b"\0\0" if encoding in (1, 2) else b"\0"
        text = self.text(version, encoding, self.chance.choice(TEXTS))
        head = bytes([encoding])
        empty = (b"\xff\xfe" if encoding == 1 else b"") + end
        if name in ("COM", "COMM", "ULT", "USLT"):
            return head + b"eng" + empty + text
        if name in ("TXX", "TXXX"):
            return head + empty + text
        if name in ("WXX", "WXXX"):
            return head + empty + self.chance.choice((b"", b"http://example.org"))
        if name == "PIC":
            return head + b"PNG\3" + empty + self.chance.randbytes(2000)
        if name == "APIC":
            return head + b"image/png\0\3" + empty + self.chance.randbytes(2000)
        return b"" if self.chance.random() < 0.1 else head + text

    def id3(self) -> bytes:
        """An ID3v2 tag of any version, with all that its header may say."""
        version = self.chance.choice((2, 3, 4))
        names = self.chance.sample((*TEXT_FRAMES[version], *NAMES[version]), 6)
        unsync = self.chance.random() < 0.3
        frames = b""
        for name in names:
            body = self.frame_body(name, version)
            if version == 4 and unsync:
                body = unsynchronised(body)
            size = len(body)
            if version == 2:
                frames += name.encode() + size.to_bytes(3, "big") + body
            else:
                packed = syncsafe(size) if version == 4 else size.to_bytes(4, "big")
                frame_flags = b"\0\2" if version == 4 and unsync else b"\0\0"
                frames += name.encode() + packed + frame_flags + body
        frames += self.chance.choice((b"", b"", bytes(7), bytes(2000)))
        flags = 0x80 if unsync else 0
        extended = b""
        if version > 2 and self.chance.random() < 0.3:
            flags |= 0x40
            extended = b"\0\0\0\6\0\0" + bytes(4) if version == 3 else b"\0\0\0\6\1\0"
        frames = extended + frames
        if version < 4 and unsync:
            frames = unsynchronised(frames)
        footer = b""
        if version == 4 and self.chance.random() < 0.2:
            flags |= 0x10
            footer = b"3DI" + bytes([version, 0, flags]) + syncsafe(len(frames))
        return b"ID3" + bytes([version, 0, flags]) + syncsafe(len(frames)) + frames + footer

    def ape(self, *, with_header: bool = True) -> bytes:
        items = []
        for key in self.chance.sample(("Title", "Artist", "GENRE", "Genre ", "REPLAYGAIN_GAIN"), 3):
            value = self.chance.choice(TEXTS).encode()
            items.append(struct.pack("<II", len(value), 0) + key.strip().encode() + b"\0" + value)
        body = b"".join(items)
        rest = struct.pack("<III", 2000, len(body) + 32, len(items))
        flags = 0x80000000 if with_header else 0
        foot = b"APETAGEX" + rest + struct.pack("<I", flags) + bytes(8)
        head = b"APETAGEX" + rest + struct.pack("<I", 0xA0000000) + bytes(8)
        return (head if with_header else b"") + body + foot

    def id3v1(self) -> bytes:
        fields = b"Song".ljust(30, self.chance.choice((b"\0", b" "))) + b"\x83e\x83X".ljust(
            60, b"\0"
        )
        old = b"TAG" + fields + b"1999" + b"a comment".ljust(28, b"\0") + b"\0\x05"
        old += bytes([self.chance.choice((0, 9, 12, 17, 191, 200, 255))])
        wide = b"TAG+" + bytes(181) + b"Polka".ljust(30, b"\0") + bytes(12)
        return (wide if self.chance.random() < 0.2 else b"") + old

    def lyrics(self) -> bytes:
        body = b"LYRICSBEGIN" + b"IND00002" + b"10" + b"INF00004" + b"text"
        return body + f"{len(body):06}".encode() + b"LYRICS200"

    def mpeg(self, sound: bytes) -> bytes:
        front = b"".join(self.id3() for _ in range(self.chance.choice((0, 1, 1, 1, 2))))
        back = (
            self.ape(with_header=self.chance.random() < 0.7) if self.chance.random() < 0.4 else b""
        )
        back += self.lyrics() if self.chance.random() < 0.2 else b""
        back += self.id3v1() if self.chance.random() < 0.5 else b""
        return front + sound + back

    def flac(self, sound: bytes) -> bytes:
        """Other blocks among those of FLAC, and ID3 tags around it."""
        blocks, frames = flac_parts(sound)
        kinds: list[tuple[int, bytes]] = [b for b in blocks if b[0] != 1]
        more: list[tuple[int, bytes]] = [
            (2, b"riff" + self.chance.randbytes(40)),
            (5, bytes(396) + b"\0" + bytes(0)),
            (1, bytes(self.chance.choice((0, 10, 5000)))),
            (6, struct.pack(">II", 3, 9) + b"image/png" + bytes(20) + b"\0\0\0\4abcd"),
            (9, self.chance.randbytes(20)),
        ]
        if self.chance.random() < 0.3:
            kinds = [b for b in kinds if b[0] != 4]
        else:
            kinds = [b if b[0] != 4 else (4, self.comments()) for b in kinds]
        tail = [*kinds[1:], *self.chance.sample([more[0], more[2], more[3], more[4]], 2)]
        self.chance.shuffle(tail)
        data = b"fLaC"
        all_blocks = [kinds[0], *tail]
        for index, (kind, body) in enumerate(all_blocks):
            mark = kind | (0x80 if index == len(all_blocks) - 1 else 0)
            data += bytes([mark]) + len(body).to_bytes(3, "big") + body
        front = self.id3() if self.chance.random() < 0.3 else b""
        return front + data + frames + (self.id3v1() if self.chance.random() < 0.2 else b"")

    def comments(self) -> bytes:
        entries = [
            b"TITLE=Song",
            b"artist=S\xc3\xb6ng",
            b"no equals sign",
            b"BAD=\xff\xfe",
            b"EMPTY=",
        ]
        entries += [b"genre=Polka", b"GENRE=Unknown", b"Genre="]
        chosen = self.chance.sample(entries, 5)
        packed = b"".join(struct.pack("<I", len(e)) + e for e in chosen)
        return struct.pack("<I", 4) + b"test" + struct.pack("<I", len(chosen)) + packed

    def wav(self, sound: bytes) -> bytes:
        """Other chunks before and behind the samples, of odd lengths too."""
        chunks = riff_parts(sound)
        facts = [(b"IGNR", b"Polka\0"), (b"INAM", b"Song"), (b"ICMT", b""), (b"IART", b"A\xf6\0")]
        info = b"INFO" + b"".join(
            name + struct.pack("<I", len(text)) + text + b"\0" * (len(text) & 1)
            for name, text in self.chance.sample(facts, 2)
        )
        extra = [
            (b"LIST", info),
            (b"id3 ", self.id3()),
            (b"bext", self.chance.randbytes(603)),
            (b"junk", self.chance.randbytes(self.chance.choice((0, 1, 27, 28)))),
            (b"cue ", bytes(4)),
        ]
        chosen = self.chance.sample(extra, 3)
        place = self.chance.randrange(len(chosen) + 1)
        all_chunks = [chunks[0], *chosen[:place], chunks[1], *chosen[place:]]
        data = b"".join(
            name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)
            for name, body in all_chunks
        )
        return b"RIFF" + struct.pack("<I", len(data) + 4) + b"WAVE" + data

    def aiff(self, sound: bytes) -> bytes:
        extra = [(b"NAME", b"Song"), (b"ID3 ", self.id3()), (b"ANNO", b"odd"), (b"AUTH", b"A")]
        data = sound[12:]
        more = self.chance.sample(extra, 2)
        data += b"".join(
            name + struct.pack(">I", len(body)) + body + b"\0" * (len(body) & 1)
            for name, body in more
        )
        return b"FORM" + struct.pack(">I", len(data) + 4) + sound[8:12] + data

    def m4a(self, path: Path) -> None:
        """Random tags through mutagen, and odd atoms among them."""
        from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm

        file = MP4(path)
        if file.tags is None:
            file.add_tags()
        values = {
            "\xa9nam": ["Song"],
            "\xa9ART": ["Söng", "B"],
            "\xa9gen": [self.chance.choice(("Polka", "Unknown", "Rock"))],
            "covr": [MP4Cover(self.chance.randbytes(3000), MP4Cover.FORMAT_PNG)],
            "trkn": [(1, 10)],
            "cpil": True,
            "tmpo": [120],
            "----:com.apple.iTunes:iTunNORM": [MP4FreeForm(b" 000")],
            "rtng": [1],
            "\xa9cmt": [""],
        }
        tags: Any = file.tags
        for key in self.chance.sample(sorted(values), 5):
            tags[key] = values[key]
        file.save(padding=lambda _: self.chance.choice((0, 8, 2000)))


def unsynchronised(data: bytes) -> bytes:
    out = bytearray()
    for index, byte in enumerate(data):
        out.append(byte)
        following = data[index + 1] if index + 1 < len(data) else 0
        if byte == 0xFF and (following >= 0xE0 or following == 0):
            out.append(0)
    return bytes(out)


def syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def flac_parts(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    at, blocks, is_last = 4, [], False
    while not is_last:
        is_last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        length = int.from_bytes(data[at + 1 : at + 4], "big")
        blocks.append((kind, data[at + 4 : at + 4 + length]))
        at += 4 + length
    return blocks, data[at:]


def riff_parts(data: bytes) -> list[tuple[bytes, bytes]]:
    at, found = 12, {}
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        found[name] = data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)
    return [(b"fmt ", found[b"fmt "]), (b"data", found[b"data"])]


def make(path: Path, sound: bytes, seed: int) -> None:
    """Write a file of a layout that ``seed`` chooses; the format is the name's."""
    layouts = Layouts(random.Random(seed))
    factories: dict[str, Callable[[bytes], bytes]] = {
        ".mp3": layouts.mpeg,
        ".mp2": layouts.mpeg,
        ".flac": layouts.flac,
        ".wav": layouts.wav,
        ".aiff": layouts.aiff,
    }
    maker = factories.get(path.suffix)
    path.write_bytes(maker(sound) if maker else sound)
    if path.suffix == ".m4a":
        layouts.m4a(path)
