"""A model's card: Markdown of strangers, without HTML, links or pictures."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, QUrl
from PySide6.QtGui import (
    QFont,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextOption,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from fstmuse_gui.theme import GRID

_WIDTH = 240
# Of the font, up from the size of the text.
_SIZE_STEPS = QTextFormat.Property.FontSizeAdjustment.value
_INDENT = 18
# The window must not wait for the card of a stranger; ours have a quarter of this.
_LONGEST = 24_000
_MOST_CELLS = 400
_MORE = "\n\n*The rest of this card is too long to be shown here; it is in CARD.md.*\n"


class TallText(QTextBrowser):
    """Text that breaks long words, can be selected, opens no link and loads no picture."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setProperty("look", "bare")
        self.viewport().setAutoFillBackground(False)
        self.setOpenLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.document().setDocumentMargin(0)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Load nothing: the pictures of a text would be files of this computer."""
        return None

    def show_plain(self, text: str) -> None:
        """Show a text as it is."""
        self.setPlainText(text)
        self.fit()

    def fit(self) -> None:
        """Take the height that the text needs at this width."""
        self.document().setTextWidth(max(1, self.viewport().width()))
        self.setFixedHeight(round(self.document().size().height()) + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(_WIDTH, self.height())


class CardView(TallText):
    """Markdown without HTML, without the heading, which stands above it already."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Model card", parent)
        self._markdown = ""

    def show_card(self, markdown: str) -> None:
        """Show a card."""
        lines = markdown.splitlines()
        if lines and lines[0].startswith("# "):
            del lines[0]
        text = "\n".join(lines)
        self._markdown = text if len(text) <= _LONGEST else text[:_LONGEST] + _MORE
        self._draw()

    def _draw(self) -> None:
        document = self.document()
        document.setDefaultFont(self.font())
        document.setIndentWidth(_INDENT)
        document.setMarkdown(
            self._markdown,
            QTextDocument.MarkdownFeature.MarkdownDialectGitHub
            | QTextDocument.MarkdownFeature.MarkdownNoHTML,
        )
        # In one go: the text is laid out anew after every change.
        edit = QTextCursor(document)
        edit.beginEditBlock()
        block = document.begin()
        while block.isValid():
            _dress_block(block)
            block = block.next()
        frames = document.rootFrame().childFrames()
        tables = [frame for frame in frames if isinstance(frame, QTextTable)]
        if sum(table.rows() * table.columns() for table in tables) <= _MOST_CELLS:
            for table in tables:
                _dress_table(table)
        edit.endEditBlock()
        self.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # The colours of tables and links are in the document.
        if event.type() == QEvent.Type.PaletteChange and self._markdown:
            self._draw()


def _dress_block(block: QTextBlock) -> None:
    """Put air around paragraphs; let headings look like those of the window."""
    cursor = QTextCursor(block)
    if cursor.currentTable() is not None:
        return
    form = block.blockFormat()
    level = form.headingLevel()
    is_item = block.textList() is not None
    form.setTopMargin(2 * GRID if level else 0)
    form.setBottomMargin(GRID // 2 if is_item else GRID)
    cursor.setBlockFormat(form)
    if level:
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        style = cursor.charFormat()
        style.setProperty(_SIZE_STEPS, 0 if level > 1 else 1)
        style.setFontWeight(QFont.Weight.DemiBold)
        cursor.mergeCharFormat(style)


def _dress_table(table: QTextTable) -> None:
    """Take the lines away: columns that stand apart are enough."""
    form = table.format()
    form.setBorder(0)
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_None)
    form.setCellSpacing(0)
    form.setTopMargin(GRID // 2)
    form.setBottomMargin(2 * GRID)
    table.setFormat(form)
    for row in range(table.rows()):
        for column in range(table.columns()):
            cell = table.cellAt(row, column)
            style = cell.format().toTableCellFormat()
            style.setRightPadding(2 * GRID)
            style.setBottomPadding(GRID // 2)
            cell.setFormat(style)
