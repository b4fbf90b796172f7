"""The side of the Library tab: who listens, and which folder, artist or genre is shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFont, QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from fstmuse_core.library.catalogue import NOT_SURE
from fstmuse_core.library.rows import LibraryFolder
from fstmuse_core.library.sort_keys import ArtistAlbums
from fstmuse_core.system.errors import one_line
from fstmuse_gui.library.filters import Facet, FacetList
from fstmuse_gui.library.words import MORE, folder_name
from fstmuse_gui.plain import PlainLabel, counted, set_tip, tip
from fstmuse_gui.shared.models import ModelChooser, ModelInfo
from fstmuse_gui.theme import GRID, current_colours, icon, scaled_font
from fstmuse_gui.widgets.drops import ignore_drops
from fstmuse_gui.widgets.rows import Index, draw_left, paint_row_background

_WIDTH = 240
_ADD = f" Add a folder{MORE}"
_FOLDER_ROWS = 5
_ROW = 32

_COUNT = Qt.ItemDataRole.UserRole + 1
_EVERY_ARTIST = "All artists"


class ArtistModel(QAbstractItemModel):
    """Artists, and below each the albums; the first line stands for all."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.artists: list[ArtistAlbums] = []

    def show_artists(self, artists: list[ArtistAlbums]) -> None:
        """Show others."""
        self.beginResetModel()
        self.artists = artists
        self.endResetModel()

    def names(self, index: Index) -> tuple[str | None, str | None]:
        """Artist and album at an index; ``None`` for all."""
        if not index.isValid() or (not index.internalId() and not index.row()):
            return None, None
        line = int(index.internalId() or index.row())
        artist = self.artists[line - 1]
        is_album = bool(index.internalId())
        return artist.name, artist.albums[index.row()][0] if is_album else None

    def index_of(self, artist: str | None, album: str | None) -> QModelIndex:
        """Index of an artist or album; that of all if it is not there."""
        for line, known in enumerate(self.artists, 1):
            if artist is not None and known.name.casefold() == artist.casefold():
                above = self.index(line, 0)
                names = [name.casefold() for name, _ in known.albums]
                if album is None or album.casefold() not in names:
                    return above
                return self.index(names.index(album.casefold()), 0, above)
        return self.index(0, 0)

    # -- as a model --------------------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        # The number of an album is the line of its artist.
        return self.createIndex(row, column, parent.row() if parent.isValid() else 0)

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]
        line = index.internalId()
        return self.createIndex(int(line), 0, 0) if line else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        if not parent.isValid():
            return len(self.artists) + 1
        is_artist = not parent.internalId() and parent.row() > 0
        return len(self.artists[parent.row() - 1].albums) if is_artist else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        artist, album = self.names(index)
        if artist is None:
            name, count = _EVERY_ARTIST, sum(known.count for known in self.artists)
        elif album is None:
            name, count = artist or "No artist", self.artists[index.row() - 1].count
        else:
            count = self.artists[int(index.internalId()) - 1].albums[index.row()][1]
            name = album or "No album"
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(one_line(name))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{one_line(name)}, {counted(count, 'file')}"
        return count if role == _COUNT else None


class _LinePainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, _ROW - 4)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        box = paint_row_background(painter, option).adjusted(GRID // 2, 0, -GRID, 0)
        colours, small = current_colours(), scaled_font(option.widget.font(), 0.92)
        painter.setFont(small)
        painter.setPen(QColor(colours.muted))
        count = f"{index.data(_COUNT):,}"
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, count)
        room = box.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(count) - GRID, 0)
        draw_left(painter, room, index.data(), option.widget.font(), colours.text)
        painter.restore()


class ArtistTree(QTreeView):
    """Chooses an artist or an album.

    Signals
    -------
    chosen(object)
        Artist and album, each a text or ``None`` for all.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Artists and albums")
        self.artists = ArtistModel(self)
        self.setModel(self.artists)
        self.setItemDelegate(_LinePainter(self))
        self.setHeaderHidden(True)
        self.header().setAccessibleName("Artists and albums")
        self.setUniformRowHeights(True)
        self.setIndentation(2 * GRID)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(4 * _ROW)
        self.viewport().setAutoFillBackground(False)
        # The line paints itself as chosen; the style would mark the arrow before it too.
        plain = QPalette()
        plain.setColor(QPalette.ColorRole.Highlight, Qt.GlobalColor.transparent)
        self.setPalette(plain)
        ignore_drops(self)
        self.selectionModel().currentChanged.connect(self._on_current)
        self._is_showing = False

    def show_artists(
        self, artists: list[ArtistAlbums], chosen: tuple[str | None, str | None]
    ) -> None:
        """Offer these, with one in force, without telling anyone; what is open stays so."""
        self._is_showing = True
        if artists != self.artists.artists:
            opened = {
                self.artists.artists[line - 1].name.casefold()
                for line in range(1, self.artists.rowCount())
                if self.isExpanded(self.artists.index(line, 0))
            }
            self.artists.show_artists(artists)
            for line, artist in enumerate(artists, 1):
                if artist.name.casefold() in opened:
                    self.expand(self.artists.index(line, 0))
        self.setCurrentIndex(self.artists.index_of(*chosen))
        self._is_showing = False

    def _on_current(self, current: QModelIndex, _before: QModelIndex) -> None:
        if not self._is_showing and current.isValid():
            self.chosen.emit(self.artists.names(current))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        # Left and right open and close; they are not for the playback here.
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:  # noqa: SIM102
            if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
                event.accept()
                return True
        return super().event(event)


class LibrarySidebar(QWidget):
    """Chooses what the table shows.

    Signals
    -------
    add_requested
        The button was pressed.
    remove_requested(int)
        The folder of this id shall leave the library.
    model_chosen(str)
        Name of the model to classify with.
    folder_chosen(str), genre_chosen(str)
        A folder's id or a genre to filter by; empty for all.
    artist_chosen(object)
        Artist and album to filter by, each a text or ``None`` for all.
    tree_toggled
        Artists are shown in place of folders, or folders again.
    """

    add_requested = Signal()
    remove_requested = Signal(int)
    model_chosen = Signal(str)
    folder_chosen = Signal(str)
    genre_chosen = Signal(str)
    artist_chosen = Signal(object)
    tree_toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidebar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.model_chooser = ModelChooser("Model that listens")
        self.model_chooser.setToolTip("Which model listens; each keeps its own answers")
        self.model_chooser.setMinimumContentsLength(8)
        self.model_chooser.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.model_chooser.chosen.connect(self.model_chosen)
        self.folders = FacetList("Folders")
        self.folders.chosen.connect(self.folder_chosen)
        self._remove = QAction(icon("delete"), "Remove from the library", self)
        self._remove.setToolTip("The files stay where they are, and what was heard is kept")
        self._remove.triggered.connect(self._on_remove)
        self.folders.addAction(self._remove)
        self.folders.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.artists = ArtistTree()
        self.artists.chosen.connect(self.artist_chosen)
        self.artists.hide()
        self.folder_button, self.artist_button = QPushButton("Folders"), QPushButton("Artists")
        self._switch = QButtonGroup(self)
        for button, what in ((self.folder_button, "folders"), (self.artist_button, "artists")):
            button.setProperty("look", "chip")
            button.setCheckable(True)
            set_tip(button, f"Choose by {what}")
            self._switch.addButton(button)
        self.folder_button.setChecked(True)
        self.artist_button.toggled.connect(self._on_switched)
        self.watch_box = QCheckBox("Keep up to date")
        self.watch_box.setToolTip(
            "Notice songs that come, change or go, and hear what is new while the machine is idle"
        )
        self.genres = FacetList("Genres")
        self.genres.chosen.connect(self.genre_chosen)
        self.add_button = QPushButton(icon("open"), _ADD)
        self.add_button.setToolTip("Add a folder with music to the library (Ctrl+O)")
        self.add_button.clicked.connect(self.add_requested)
        self._build()

    def _build(self) -> None:
        self.folders.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(self._heading("Heard by"))
        column.addWidget(self.model_chooser)
        column.addSpacing(GRID)
        switch = QHBoxLayout()
        switch.setSpacing(GRID)
        switch.addWidget(self.folder_button)
        switch.addWidget(self.artist_button)
        switch.addStretch()
        column.addLayout(switch)
        column.addWidget(self.folders)
        column.addWidget(self.artists, 1)
        column.addSpacing(GRID // 2)
        column.addWidget(self.watch_box)
        column.addSpacing(GRID)
        self._genre_heading = self._heading("Genres")
        column.addWidget(self._genre_heading)
        column.addWidget(self.genres, 1)
        column.addWidget(self.add_button)

    def _heading(self, text: str) -> QLabel:
        label = PlainLabel(text)
        label.setFont(scaled_font(self.font(), 1.0, QFont.Weight.DemiBold))
        return label

    def minimumSizeHint(self) -> QSize:
        return QSize(180, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        return QSize(max(_WIDTH, self.minimumSizeHint().width()), 600)

    # -- what is offered ---------------------------------------------------------------

    def show_models(self, models: Sequence[ModelInfo], chosen: str) -> None:
        """Offer these models."""
        self.model_chooser.show_models(models, chosen)

    def show_folders(
        self,
        folders: Sequence[LibraryFolder],
        counts: Sequence[int],
        total: int,
        chosen: int | None,
    ) -> None:
        """Offer these folders, with how many files each has."""
        facets = [Facet("", "All music", total, "music", "Every folder of the library")]
        facets += [
            Facet(str(f.folder_id), folder_name(f.path), count, "open", f.path)
            for f, count in zip(folders, counts, strict=True)
        ]
        self.folders.show_facets(facets, "" if chosen is None else str(chosen))
        self.folders.setFixedHeight(_ROW * min(_FOLDER_ROWS, len(facets)) + 6)
        self._remove.setEnabled(bool(self.folders.current))

    def show_genres(self, counts: dict[str, int], chosen: str) -> None:
        """Offer these genres, with how many files each has."""
        facets = [Facet("", "All genres", sum(counts.values()), "tune")]
        for genre, count in counts.items():
            facets.append(Facet(genre, genre, count, "question" if genre == NOT_SURE else ""))
        # Without an answer there is nothing to choose; the list still holds the room.
        self.genres.show_facets(facets if counts else [], chosen)
        self._genre_heading.setVisible(bool(counts))

    @property
    def are_artists_shown(self) -> bool:
        """True while artists are shown in place of folders."""
        return self.artist_button.isChecked()

    def _on_switched(self, are_artists: bool) -> None:
        """Show the one or the other; what the hidden one has chosen is all again."""
        self.folders.setVisible(not are_artists)
        self.artists.setVisible(are_artists)
        if are_artists:
            self.folder_chosen.emit("")
        else:
            self.artist_chosen.emit((None, None))
        self.tree_toggled.emit()

    def _on_remove(self) -> None:
        if self.folders.current:
            self.remove_requested.emit(int(self.folders.current))

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self.add_button.setProperty("look", "primary" if is_highlighted else "")
        self.add_button.setIcon(icon("open", "on_accent" if is_highlighted else "text"))
        self.add_button.setText(" Drop to add" if is_highlighted else _ADD)
        self.add_button.style().polish(self.add_button)
