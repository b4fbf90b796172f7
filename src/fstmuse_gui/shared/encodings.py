"""Choice of the encoding of old tags, as the Library and the Train tab offer it."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

from fstmuse_gui.widgets.controls import choice

ENCODING_CAPTION = "Letters of old tags"
ENCODINGS = {
    "auto": "Found out by itself",
    "latin-1": "Western (Latin-1)",
    "cp932": "Japanese (Shift-JIS)",
    "euc-jp": "Japanese (EUC-JP)",
    "gb18030": "Chinese (GBK)",
    "big5": "Chinese (Big5)",
    "cp949": "Korean (EUC-KR)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp1250": "Central European (1250)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp874": "Thai (Windows-874)",
}


def encoding_box() -> QComboBox:
    """A box with all of them, the automatic choice first."""
    return choice(ENCODINGS, ENCODING_CAPTION)


def choose_encoding(box: QComboBox, encoding: str) -> None:
    """Choose one of them, or one that was named on the command line."""
    if box.findData(encoding) < 0:
        box.addItem(encoding, encoding)
    box.setCurrentIndex(box.findData(encoding))
