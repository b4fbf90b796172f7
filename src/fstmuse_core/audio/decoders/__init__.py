"""The libraries that open sound files, behind one small interface.

libsndfile (through soundfile) is the fastest where it reads a file to its end; FFmpeg (through
PyAV) opens the rest: m4a, aac, wma, webm, the sound of videos, and what is damaged, joined or
states a wrong length. What a file is, its first bytes tell, not its name.
"""

from fstmuse_core.audio.decoders.opening import open_source
from fstmuse_core.audio.decoders.source import DamagedError, Source

__all__ = ["DamagedError", "Source", "open_source"]
