"""The Library tab for the window: built when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from fstmuse_gui.library.wiring import LibraryFactories
from fstmuse_gui.settings import MODEL, OUTPUT_DEVICE, Option
from fstmuse_gui.shared.correction_presenter import show_learning
from fstmuse_gui.shared.playback import gain_of
from fstmuse_gui.shared.tabs import (
    BadgeKind,
    LazyPage,
    MenuEntries,
    TabBadge,
    TabContext,
    make_action,
)
from fstmuse_gui.sound.devices import DeviceId
from fstmuse_gui.sound.player import STEP_S

if TYPE_CHECKING:
    from fstmuse_gui.library.wiring import LibraryWiring

LIBRARY_SPLITTER = Option("library/splitter", list, [])
LIBRARY_PARTS = Option("library/parts", list, [])
LIBRARY_MODEL = Option("library/model", str, "", names_model=True)
LIBRARY_GOES_ON = Option("library/goes_on", bool, False)
LIBRARY_WATCH = Option("library/keep_up_to_date", bool, False)
LIBRARY_COLUMNS = Option(
    "library/columns", list, [], lambda names: all(type(name) is str for name in names)
)
LIBRARY_DENSE = Option("library/dense_rows", bool, False)
TAG_SEPARATOR = Option("library/tag_separator", str, "\0", lambda sign: sign in ("\0", ";", "/"))
TAG_KEEP_TIME = Option("library/tag_keep_time", bool, False)
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


class LibraryTab(QObject):
    """The tab, as ``tabs.Tab`` asks for it."""

    message = Signal(str)
    title = "Library"

    def __init__(self, context: TabContext, factories: LibraryFactories | None = None) -> None:
        super().__init__()
        self._context = context
        self._settings = context.settings
        self._factories = factories or LibraryFactories()
        self._built: LibraryWiring | None = None
        self._is_done_told = False
        self._stage = LazyPage(self._build)
        context.models.renamed.connect(self._on_renamed)
        self._build_actions()

    # -- as a tab ----------------------------------------------------------------------

    @property
    def widget(self) -> QWidget:
        """Widget of the tab."""
        return self._stage

    def menus(self) -> dict[str, MenuEntries]:
        """Entries for File, View and Playback."""
        return {
            "File": [
                *self._folder_actions,
                None,
                *self._work_actions,
                None,
                self._review_menu,
                None,
                *self._tag_actions,
                self._export_menu,
                self._compare,
            ],
            "View": self._view_actions,
            "Playback": self._play_actions,
        }

    def open_paths(self, paths: list[str]) -> None:
        """Add folders."""
        self.wiring.presenter.add_folders(paths)

    def set_drop_highlight(self, is_highlighted: bool) -> None:
        """Light up while something hangs above the window."""
        self.wiring.view.set_drop_highlight(is_highlighted)

    def unsaved(self) -> None:
        """Return nothing: all of it lies in files."""

    def may_close(self) -> bool:
        """Ask while tags are being written; classifying goes on at the next start."""
        return self._built is None or self._built.may_close()

    def close(self) -> None:
        """Stop everything, and remember how it looked and whether it was at work."""
        from fstmuse_gui.library.table_view import column_names

        if self._built is None:
            return
        wiring = self._built
        self._settings.set(LIBRARY_SPLITTER, wiring.view.splitter.widths())
        self._settings.set(LIBRARY_PARTS, wiring.view.parts.widths())
        self._settings.set(LIBRARY_COLUMNS, column_names(wiring.view.table.columns))
        self._settings.set(LIBRARY_WATCH, wiring.view.sidebar.watch_box.isChecked())
        self._settings.set(LIBRARY_DENSE, wiring.view.table.is_dense)
        self._settings.set(LIBRARY_MODEL, wiring.presenter.model)
        self._settings.set(LIBRARY_GOES_ON, wiring.presenter.work.goes_on)
        wiring.close()
        separator, keep_time = wiring.tag_choices
        self._settings.set(TAG_SEPARATOR, separator)
        self._settings.set(TAG_KEEP_TIME, keep_time)

    # -- what is behind it -------------------------------------------------------------

    def _build(self) -> LibraryWiring:
        if self._built is None:
            from fstmuse_gui.library.wiring import LibraryWiring

            model = self._settings.get(LIBRARY_MODEL) or self._settings.get(MODEL)
            wiring = self._built = LibraryWiring(self._factories, model, self._stage, self)
            get = self._settings.get
            wiring.tag_choices = (get(TAG_SEPARATOR), get(TAG_KEEP_TIME))
            presenter, reviewing = wiring.presenter, wiring.presenter.reviewing
            presenter.offer_models(self._factories.models())
            # Never by itself with another model, which may have every file to classify.
            goes_on = self._settings.get(LIBRARY_GOES_ON)
            presenter.resumes = goes_on and presenter.model == model
            presenter.message.connect(self.message)
            presenter.changed.connect(self._on_changed)
            presenter.work.at_work.connect(self._on_work)
            presenter.work.finished.connect(self._on_finished)
            wiring.view.shown.connect(self._on_shown)
            self._connect_others(wiring)
            reviewing.train_wanted.connect(self._context.data.train_on_wanted)
            show_learning(wiring.view.review.correction, self._context, wiring)
            wiring.view.export_button.setMenu(self._export_menu)
            wiring.view.tags_button.clicked.connect(self._tag_actions[0].trigger)
            table = wiring.view.table
            table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
            table.addActions([*self._context_actions, wiring.view.columns_menu.menuAction()])
            self._restore(wiring)
            self._stage.put(wiring.view)
            self._on_changed()
        return self._built

    def _connect_others(self, wiring: LibraryWiring) -> None:
        context, reviewing = self._context, wiring.presenter.reviewing
        context.models.changed.connect(
            lambda: wiring.presenter.offer_models(self._factories.models())
        )
        reviewing.started.connect(lambda: context.sounds.started.emit(self.title))
        context.sounds.started.connect(
            lambda title: None if title == self.title else reviewing.pause()
        )
        # The output is chosen in the Classify tab, and may have changed meanwhile.
        reviewing.started.connect(self._use_output)
        self._use_output()

    def _on_renamed(self, old: str, new: str) -> None:
        if self._settings.get(LIBRARY_MODEL) == old:
            self._settings.set(LIBRARY_MODEL, new)
        if self._built is not None:
            self._built.presenter.follow_rename(old, new)

    def _use_output(self) -> None:
        device = DeviceId.parse(self._settings.get(OUTPUT_DEVICE))
        self.wiring.presenter.reviewing.play_to(device, gain_of(self._settings))

    def _restore(self, wiring: LibraryWiring) -> None:
        wiring.view.splitter.restore(self._settings.get(LIBRARY_SPLITTER))
        wiring.view.parts.restore(self._settings.get(LIBRARY_PARTS))
        from fstmuse_gui.library.table_view import columns_called

        wiring.view.sidebar.watch_box.setChecked(self._settings.get(LIBRARY_WATCH))
        wiring.view.table.set_dense(self._settings.get(LIBRARY_DENSE))
        wiring.view.table.set_columns(columns_called(self._settings.get(LIBRARY_COLUMNS)))

    @property
    def wiring(self) -> LibraryWiring:
        """View and presenters."""
        return self._build()

    def _on_work(self, told: tuple[float, str] | None) -> None:
        badge = TabBadge(BadgeKind.BUSY, told[1], told[0]) if told is not None else None
        self._context.badges.changed.emit(self.title, badge)

    def _on_finished(self, words: str) -> None:
        self.message.emit(f"{words}.")
        if not self._stage.isVisible():
            self._is_done_told = True
            self._context.badges.changed.emit(self.title, TabBadge(BadgeKind.DONE, words))

    def _on_shown(self) -> None:
        if self._is_done_told:
            self._is_done_told = False
            self._context.badges.changed.emit(self.title, None)

    # -- actions -----------------------------------------------------------------------

    def _action(self, text: str, keys: str, run: Callable[[LibraryWiring], object]) -> QAction:
        return make_action(self, text, keys, lambda: run(self.wiring))

    def _build_actions(self) -> None:
        self._build_work_actions()
        self._build_review_actions()
        self._build_output_actions()
        self._similar = self._action(
            "Si&milar songs", "S", lambda w: w.similar.find_similar(w.presenter.chosen_ids)
        )
        self._way = self._action(
            "A &way between two songs", "W", lambda w: w.similar.find_way(w.presenter.chosen_ids)
        )
        self._copies = self._action("Co&pies of recordings", "", lambda w: w.similar.find_copies())
        self._albums = self._action(
            "Al&bums of several genres", "", lambda w: w.similar.find_albums()
        )
        self._in_folder = self._action("Show in &folder", "", lambda w: w.show_in_folder())
        self._copy_path = self._action("Copy pat&h", "Ctrl+Shift+C", lambda w: w.copy_paths())
        self._like = self._action("Make m&usic like it", "", self._make_like)
        self._view_actions: MenuEntries = [
            self._action("&Search", "Ctrl+F", lambda w: w.view.filter_bar.search.setFocus()),
            self._action("Show &all files", "Ctrl+Shift+F", lambda w: w.presenter.clear_filter()),
            self._action("&Least sure first", "U", lambda w: w.view.filter_bar.least_sure.click()),
            self._action("&Map or table", "Ctrl+M", lambda w: w.view.filter_bar.map_button.click()),
            None,
            self._similar,
            self._way,
            self._copies,
            self._albums,
            self._like,
            None,
            self._in_folder,
            self._copy_path,
        ]
        self._context_actions = [
            self._play,
            self._similar,
            self._way,
            self._like,
            self._accept,
            self._correct,
            self._front,
            self._skip,
            self._again,
            self._forget,
            self._in_folder,
            self._copy_path,
            self._tag_actions[0],
        ]

    def _make_like(self, wiring: LibraryWiring) -> None:
        if paths := wiring.chosen_paths:
            self._context.data.music_like_wanted.emit(paths)

    def _build_work_actions(self) -> None:
        self._folder_actions = [
            self._action(
                f"&Add a folder{_ELLIPSIS}", "Ctrl+O", lambda w: w.presenter.choose_folder()
            ),
            self._action("Look for &changes", "F5", lambda w: w.presenter.work.scan()),
        ]
        self._start = self._action(
            "&Listen to what waits", "Ctrl+L", lambda w: w.presenter.work.start()
        )
        self._pause = self._action(
            "&Pause, or go on", "Ctrl+P", lambda w: w.presenter.work.toggle_pause()
        )
        self._stop = self._action("S&top", "", lambda w: w.presenter.work.cancel())
        self._front = self._action(
            "Listen to these &next",
            "Ctrl+Up",
            lambda w: w.presenter.work.move_to_front(w.presenter.chosen_ids),
        )
        self._skip = self._action(
            "Leave these &out",
            "Del",
            lambda w: w.presenter.work.skip(w.presenter.chosen_ids),
        )
        self._again = self._action(
            "Try these &again",
            "",
            lambda w: w.presenter.work.requeue(w.presenter.chosen_ids),
        )
        self._forget = self._action(
            f"For&get what is gone{_ELLIPSIS}",
            "",
            lambda w: w.presenter.work.forget_gone(w.presenter.chosen_ids),
        )
        self._work_actions = [
            self._start,
            self._pause,
            self._stop,
            self._front,
            self._skip,
            self._again,
            self._forget,
        ]

    def _build_review_actions(self) -> None:
        self._next = self._action("&Next file", "J", lambda w: w.presenter.reviewing.walk(1))
        self._previous = self._action(
            "&Previous file", "K", lambda w: w.presenter.reviewing.walk(-1)
        )
        self._accept = self._action(
            "The genre is &right", "Y", lambda w: w.presenter.reviewing.accept()
        )
        self._correct = self._action(
            f"&Correct the genre{_ELLIPSIS}", "C", lambda w: w.presenter.reviewing.ask()
        )
        self._take_back = self._action(
            "&Take it back", "Ctrl+Z", lambda w: w.presenter.reviewing.take_back()
        )
        self._review_menu = QMenu("Lo&ok over", self._stage)
        self._review_menu.addActions(
            [self._next, self._previous, self._accept, self._correct, self._take_back]
        )
        self._play = self._action("&Play or pause", "Space", lambda w: w.presenter.reviewing.play())
        self._play_actions: MenuEntries = [
            self._play,
            self._action("&Back 5 seconds", "Left", lambda w: w.presenter.reviewing.step(-STEP_S)),
            self._action(
                "&Forward 5 seconds", "Right", lambda w: w.presenter.reviewing.step(STEP_S)
            ),
        ]

    def _build_output_actions(self) -> None:
        self._tag_actions = [
            self._action(f"&Write tags{_ELLIPSIS}", "Ctrl+T", lambda w: w.write_tags()),
            self._action(f"Tags written &before{_ELLIPSIS}", "", lambda w: w.show_written()),
        ]
        self._export_menu = QMenu("&Export", self._stage)
        self._export_menu.addActions(
            [
                self._action(f"Table (&CSV){_ELLIPSIS}", "Ctrl+K", lambda w: w.export("csv")),
                self._action(f"Table (&JSON){_ELLIPSIS}", "Ctrl+J", lambda w: w.export("json")),
                self._action(
                    f"Playlist of &what is shown{_ELLIPSIS}", "", lambda w: w.export("songs")
                ),
                self._action(f"&Playlists, one a genre{_ELLIPSIS}", "", lambda w: w.export("m3u8")),
                self._action(f"&Report (HTML){_ELLIPSIS}", "", lambda w: w.export("html")),
            ]
        )
        self._compare = self._action(
            f"Co&mpare with another model{_ELLIPSIS}", "", lambda w: w.compare()
        )

    def _on_changed(self) -> None:
        presenter = self.wiring.presenter
        work, reviewing = presenter.work, presenter.reviewing
        self._start.setEnabled(work.n_open > 0 and not work.is_busy)
        self._pause.setEnabled(work.is_working)
        self._stop.setEnabled(work.is_busy)
        self._forget.setEnabled(work.n_gone > 0)
        self._accept.setEnabled(reviewing.can_accept)
        self._correct.setEnabled(reviewing.can_review)
        self._take_back.setEnabled(reviewing.can_take_back)
        self._play.setEnabled(reviewing.row is not None)
        self._similar.setEnabled(presenter.catalogue.n_answered > 0)
        self._way.setEnabled(presenter.catalogue.n_answered > 0)
        self._copies.setEnabled(presenter.catalogue.n_answered > 1)
        self._albums.setEnabled(presenter.catalogue.n_answered > 1)
        has_answers = presenter.catalogue.n_answered > 0
        self._tag_actions[0].setEnabled(has_answers)
        self.wiring.view.tags_button.setEnabled(has_answers)
        for action in (*self._export_menu.actions(), self._compare):
            action.setEnabled(has_answers)
        self.wiring.view.export_button.setEnabled(has_answers)
