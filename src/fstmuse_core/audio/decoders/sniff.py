"""Kind of a file by its first bytes, whatever its name says."""

from __future__ import annotations

from dataclasses import dataclass

from fstmuse_core.audio.decoders.byte_file import ByteFile, plain_id3_length, tag_at
from fstmuse_core.audio.decoders.mpeg import find_run, is_run

# How far behind a tag with a wrong size, and in front of one, sound is looked for.
_FAR = 64 << 20
_NEAR = 1 << 16
_W64 = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_ASF = bytes.fromhex("3026b2758e66cf11")
_MAGIC: dict[bytes, str] = {
    b"fLaC": "flac",
    b"OggS": "ogg",
    b".snd": "au",
    b"dns.": "au",
    b"caff": "caf",
    b"wvpk": "wavpack",
    b"TTA1": "tta",
    b"TTA2": "tta",
    b"DSD ": "dsf",
    b"FRM8": "dff",
    b"MAC ": "ape",
    b"MPCK": "musepack",
    b"MP+": "musepack",
    b"OFR ": "optimfrog",
    b"tBaK": "tak",
    b"ajkg": "shorten",
    b"#!AMR": "amr",
    b"#!SILK": "silk",
    b"\x02#!SILK": "silk",
    b".ra\xfd": "real",
    b".RMF": "real",
    b"Creative Voice File": "voc",
    b"NIST_1A": "nist",
    b"2BIT": "avr",
    b"MThd": "midi",
    b"Extended Module: ": "module",
    b"IMPM": "module",
    _W64: "w64",
    b"riff": "w64",
    b"\x0b\x77": "ac3",
    b"\x77\x0b": "ac3",
    b"\x7f\xfe\x80\x01": "dts",
    b"\xfe\x7f\x01\x80": "dts",
    b"\x1f\xff\xe8\x00": "dts",
    b"\xff\x1f\x00\xe8": "dts",
    b"DTSHDHDR": "dts",
    b"ADIF": "aac",
    b"\x1a\x45\xdf\xa3": "matroska",
    _ASF: "asf",
    b"FLV\x01": "flv",
    b"\x00\x00\x01\xba": "mpeg-ps",
    b"\x00\x00\x01\xb3": "mpeg-ps",
}
_BY_LENGTH = sorted({len(magic) for magic in _MAGIC}, reverse=True)
# Containers that may hold pictures alone.
VIDEO = frozenset("mp4 matroska asf flv mpeg-ps mpeg-ts avi real".split())


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The kind of a file, empty if it is not known, and where it begins behind leading tags."""

    kind: str
    start: int = 0


def sniff(file: ByteFile) -> Sniffed:
    """Look at the first bytes, and behind tags of any size, also a wrong one."""
    at = 0
    while at < file.size and (length := tag_at(file, at)):
        near = _kind_near(file, at + length)
        if near.kind:
            return near
        if not tag_at(file, at + length):
            return _behind_wrong_size(file, at)
        at += length
    kind = kind_at(file, at)
    if kind or at >= file.size:
        return Sniffed(kind, at)
    # Rubbish in front: a piece of a frame of a stream that was recorded, or padding.
    found = find_run(file, at, at + _NEAR)
    return Sniffed("", at) if found is None else Sniffed("mpeg", found)


def _kind_near(file: ByteFile, at: int) -> Sniffed:
    """Kind of the file that begins at ``at``, or behind the zeros there: tags are padded."""
    kind = kind_at(file, at)
    if kind or at >= file.size:
        return Sniffed(kind, at)
    head = file.at(at, _NEAR)
    zeros = len(head) - len(head.lstrip(b"\0"))
    return Sniffed(kind_at(file, at + zeros), at + zeros) if zeros else Sniffed("")


def _behind_wrong_size(file: ByteFile, at: int) -> Sniffed:
    head = file.at(at, 10)
    if head[:3] == b"ID3":
        plain = _kind_near(file, at + plain_id3_length(head))
        if plain.kind:
            return plain
    body = at + (32 if head[:3] != b"ID3" else 10)
    places = [(find_run(file, body, body + _FAR), "mpeg")]
    for magic in (b"fLaC\x00\x00\x00\x22", b"RIFF", b"OggS\x00\x02", b"FORM"):
        offset = next(iter(file.find_all(magic, body)), None)
        if offset is not None and offset < body + _FAR and (kind := kind_at(file, offset)):
            places.append((offset, kind))
    found = [(offset, kind) for offset, kind in places if offset is not None]
    if not found:
        adts = _find_adts(file, body)
        return Sniffed("", at) if adts is None else Sniffed("aac", adts)
    offset, kind = min(found)
    return Sniffed(kind, offset)


def kind_at(file: ByteFile, at: int) -> str:
    """The kind of what begins at ``at``; empty if no format begins so."""
    head = file.at(at, 64)
    for length in _BY_LENGTH:
        if (kind := _MAGIC.get(head[:length])) is not None:
            return kind
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64"):
        return {b"WAVE": "wav", b"AVI ": "avi"}.get(head[8:12], "")
    if head[:4] == b"FORM":
        return "aiff" if head[8:12] in (b"AIFF", b"AIFC", b"8SVX", b"16SV") else ""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"skip", b"moof"):
        return "mp4"
    if is_run(file, at):
        return "mpeg"
    if is_adts(file, at):
        return "aac"
    if _is_loas(file, at):
        return "loas"
    return "mpeg-ts" if _is_transport(file, at) else ""


def is_adts(file: ByteFile, at: int) -> bool:
    """True if AAC frames with headers of their own follow one another at ``at``."""
    for count in range(4):
        head = file.at(at, 7)
        if len(head) < 7:
            return count >= 2
        if head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
            return False
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        if length < 7:
            return False
        at += length
    return True


def _find_adts(file: ByteFile, start: int) -> int | None:
    for needle in (b"\xff\xf1", b"\xff\xf9", b"\xff\xf0"):
        for at in file.find_all(needle, start):
            if at > start + _FAR:
                break
            if is_adts(file, at):
                return at
    return None


def _is_loas(file: ByteFile, at: int) -> bool:
    for _ in range(4):
        head = file.at(at, 3)
        if len(head) < 3 or head[0] != 0x56 or head[1] & 0xE0 != 0xE0:
            return False
        at += 3 + ((head[1] & 0x1F) << 8 | head[2])
    return True


def _is_transport(file: ByteFile, at: int) -> bool:
    head = file.at(at, 192 * 5)
    for first, size in ((0, 188), (4, 192)):
        if len(head) >= first + 4 * size + 1 and all(
            head[first + size * packet] == 0x47 for packet in range(5 if size == 188 else 4)
        ):
            return True
    return False
