"""What a generator makes, epoch by epoch: the newest is shown, earlier ones can be chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from fstmuse_gui.theme import GRID
from fstmuse_gui.train.events import Sample
from fstmuse_gui.train.sample_card import SampleCard
from fstmuse_gui.widgets.calm import CalmComboBox
from fstmuse_gui.widgets.page_parts import heading, scrolled, small_text


class SamplesPanel(QWidget):
    """A card for each genre, all of one epoch.

    Signals
    -------
    toggled(object)
        A :class:`~fstmuse_gui.train.events.Sample` is to be played or paused.
    sought(object, float)
        It is to be played from this second.
    left
        What was shown is shown no longer.
    """

    toggled = Signal(object)
    sought = Signal(object, float)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What it makes")
        self._samples: dict[int, dict[str, Sample]] = {}
        self._genres: tuple[str, ...] = ()
        self._best = 0
        self._follows = True
        self._playing: Sample | None = None
        self._map = ""
        # In a turn of its own: of many epochs told at once only the last is painted.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._show)
        self.cards: list[SampleCard] = []
        self.chooser = CalmComboBox()
        self.chooser.setAccessibleName("Epoch")
        self.chooser.setToolTip("What it made after this epoch; the newest comes first")
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.activated.connect(self._on_chosen)
        head = QHBoxLayout()
        head.addWidget(heading(self, "What it makes"), 1)
        head.addWidget(self.chooser)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, GRID, 0)
        self._list.setSpacing(2 * GRID)
        self._about = small_text()
        self._list.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self._about)
        column.addWidget(scrolled(inside), 1)
        self.start(())

    def start(self, genres: Sequence[str]) -> None:
        """Begin anew, with these genres; none for a generator that knows none."""
        self.left.emit()
        self._samples.clear()
        self._best, self._follows = 0, True
        self.chooser.clear()
        self.chooser.hide()
        self._about.setText("Pictures and sounds come after each epoch.")
        self._deal(tuple(genres) or ("",))

    def _deal(self, genres: tuple[str, ...]) -> None:
        """Lay out a card for each genre."""
        for card in self.cards:
            self._list.removeWidget(card)
            card.setParent(None)
            card.deleteLater()
        self._genres = genres
        self.cards = []
        for place, genre in enumerate(genres):
            card = SampleCard(genre)
            card.picture.set_colour_map(self._map)
            card.toggled.connect(lambda card=card: self.toggled.emit(card.sample))
            card.sought.connect(lambda at, card=card: self.sought.emit(card.sample, at))
            self._list.insertWidget(place, card)
            self.cards.append(card)

    def set_colour_map(self, name: str) -> None:
        """Draw with these colours."""
        self._map = name
        for card in self.cards:
            card.picture.set_colour_map(name)

    # -- what comes --------------------------------------------------------------------

    def add(self, sample: Sample) -> None:
        """A piece has been made; an epoch is offered once all its pieces are there."""
        if sample.genre not in self._genres:
            self._deal((sample.genre,))
        of_epoch = self._samples.setdefault(sample.epoch, {})
        of_epoch[sample.genre] = sample
        if len(of_epoch) == len(self._genres):
            self._offer(sample.epoch)

    def mark_best(self, epoch: int) -> None:
        """Of all so far, this epoch is the one that would be kept."""
        before, self._best = self._best, epoch
        for number in (before, epoch):
            place = self.chooser.findData(number)
            if place >= 0:
                self.chooser.setItemText(place, self._title(number))

    def _offer(self, epoch: int) -> None:
        if self.chooser.findData(epoch) < 0:
            self.chooser.insertItem(0, self._title(epoch), epoch)
        self.chooser.show()
        self._follow()

    def _title(self, epoch: int) -> str:
        return f"Epoch {epoch}, the best" if epoch == self._best else f"Epoch {epoch}"

    def _follow(self) -> None:
        """Show the newest, unless an earlier one was chosen or one is being listened to."""
        if self._follows and self._playing is None and self.chooser.count():
            with QSignalBlocker(self.chooser):
                self.chooser.setCurrentIndex(0)
            self._timer.start()

    # -- what is shown -----------------------------------------------------------------

    @property
    def epoch(self) -> int:
        """Whose pieces are shown; 0 if there are none."""
        return int(self.chooser.currentData() or 0)

    def _on_chosen(self, place: int) -> None:
        self._follows = place == 0
        self.left.emit()
        self._show()

    def _show(self) -> None:
        found = self._samples.get(self.epoch, {})
        for card in self.cards:
            sample = found.get(card.genre)
            # A training that goes on may have written the same file anew.
            if sample is not card.sample:
                card.show_sample(sample)
        seconds = max((card.duration_s for card in self.cards), default=0.0)
        self._about.setText(f"{seconds:.0f} seconds, from the same noise after every epoch.")

    def show_playing(self, sample: Sample | None) -> None:
        """Which piece is heard; none for silence."""
        self._playing = sample
        for card in self.cards:
            card.set_playing(sample is not None and card.sample == sample)
        self._follow()

    def show_position(self, sample: Sample | None, seconds: float = 0.0) -> None:
        """Where in a piece one hears; none for nowhere."""
        for card in self.cards:
            is_heard = sample is not None and card.sample == sample
            card.set_position(seconds if is_heard else None)

    def duration_of(self, sample: Sample) -> float:
        """How long a piece is that is shown."""
        return next((card.duration_s for card in self.cards if card.sample == sample), 0.0)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.left.emit()
