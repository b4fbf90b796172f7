"""From a sound file to samples, spectrograms and features."""
