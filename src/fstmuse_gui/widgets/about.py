"""About the program: version, licence, credits, and where data is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFont
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from fstmuse_core import __version__
from fstmuse_gui.plain import PlainLabel, caption, visible
from fstmuse_gui.settings import APP_NAME, TAGLINE
from fstmuse_gui.theme import GRID, app_icon, scaled_font
from fstmuse_gui.widgets.dialogs import FittingDialog

_WIDTH = 520
_PARTS = (
    (
        "Licence",
        "The program: MIT licence, \N{COPYRIGHT SIGN} 2026 The FstMuse authors.\n"
        "The models that come along, and what is trained on top of them: non-commercial use only, "
        "as the music and the tagger that they learned from allow.",
    ),
    (
        "Credits",
        "Tagger: musicnn by Jordi Pons (Music Technology Group, Universitat Pompeu Fabra), ISC "
        "licence; the same models under CC BY-NC-SA 4.0. Jordi Pons and Xavier Serra, ISMIR 2019.\n"
        "Music: recordings of the Emotify set (Magnatune) and by artists who share theirs under "
        "Creative Commons licences. Each model's card and its TRACKS.csv, in the Models tab, name "
        "every recording, its artist and its licence.\n"
        "Built with Qt, pyqtgraph, NumPy, LiteRT, TensorFlow, libsndfile, FFmpeg and soxr.",
    ),
)


class AboutDialog(FittingDialog):
    """Page on what the program is, whose work is in it, and where it keeps data.

    Parameters
    ----------
    places : mapping of str to Path
        Data that is kept, and where.
    """

    def __init__(self, places: Mapping[str, Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"About {APP_NAME}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(self._head())
        for title, text in _PARTS:
            column.addSpacing(GRID)
            column.addWidget(self._heading(title, 1.0))
            column.addWidget(_words(text))
        column.addSpacing(GRID)
        column.addWidget(self._heading("Where data is kept", 1.0))
        for name, path in places.items():
            column.addLayout(_place(name, path))
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(close)
        self.set_parts(body, foot)
        self.resize(self.sizeHint())
        close.setFocus()

    def _head(self) -> QHBoxLayout:
        sign = PlainLabel()
        sign.setPixmap(app_icon().pixmap(56, 56))
        said = QVBoxLayout()
        said.setSpacing(2)
        said.addWidget(self._heading(f"{APP_NAME} {__version__}", 1.35))
        tagline = PlainLabel(f"{TAGLINE} Everything happens on this computer.")
        tagline.setProperty("look", "muted")
        tagline.setWordWrap(True)
        said.addWidget(tagline)
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(said, 1)
        return row

    def _heading(self, text: str, size: float) -> QLabel:
        label = PlainLabel(text)
        label.setFont(scaled_font(self.font(), size, QFont.Weight.DemiBold))
        return label


def _words(text: str) -> QLabel:
    label = PlainLabel(text)
    label.setWordWrap(True)
    label.setFixedWidth(_WIDTH)
    label.setMinimumHeight(label.heightForWidth(_WIDTH))
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _place(name: str, path: Path) -> QHBoxLayout:
    label = PlainLabel(f"{name}\n{visible(str(path))}")
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    button = QPushButton(caption("Open"))
    button.setAutoDefault(False)
    button.setAccessibleName(f"Open the folder of {name.lower()}")
    folder = path if path.suffix == "" else path.parent
    button.setEnabled(folder.is_dir())
    button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
    row = QHBoxLayout()
    row.setSpacing(GRID)
    row.addWidget(label, 1)
    row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
    return row
