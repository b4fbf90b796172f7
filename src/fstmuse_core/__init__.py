"""The part of FstMuse that listens: decoding, spectrograms, models, classification.

Nothing in this package imports Qt or sounddevice, and TensorFlow is only imported
inside ``networks``, ``original`` and ``training``.
"""

__version__ = "0.1.0"
