"""The window around the tabs: menus, theme, dropping, and closing in good order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QByteArray, QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QMainWindow,
    QMenu,
    QTabWidget,
    QToolButton,
)

from fstmuse_core.system.errors import one_line
from fstmuse_gui.classify.tab import ClassifyTab
from fstmuse_gui.generate.tab import GenerateTab
from fstmuse_gui.library.tab import LibraryTab
from fstmuse_gui.models.tab import ModelsTab
from fstmuse_gui.settings import APP_NAME, GEOMETRY, THEME, THEMES, WINDOW_STATE, places
from fstmuse_gui.shared.tabs import (
    MenuEntries,
    Tab,
    TabBadge,
    TabBadges,
    TabContext,
    ask_unsaved,
)
from fstmuse_gui.theme import ThemeController, app_icon, icon
from fstmuse_gui.train.tab import TrainTab
from fstmuse_gui.widgets.about import AboutDialog
from fstmuse_gui.widgets.dialogs import ScreenFit, ShortcutsDialog
from fstmuse_gui.widgets.drops import accept_dropped_paths
from fstmuse_gui.widgets.toast import Toast

# One entry a tab, from left to right; see ``tabs.Tab`` for what an entry has to bring.
TABS: tuple[Callable[[TabContext], Tab], ...] = (
    ClassifyTab,
    LibraryTab,
    GenerateTab,
    TrainTab,
    ModelsTab,
)

_DEFAULT_SIZE = QSize(1240, 820)
_MINIMUM_SIZE = QSize(400, 240)
_MODEL_SUFFIX = ".fstmuse"
_THEME_NAMES = {"system": "Like the &system", "light": "&Light", "dark": "&Dark"}

# Keys that a focused control needs for itself and that are shortcuts elsewhere.
_KEYS_OF_CONTROLS: tuple[tuple[type[QObject], tuple[Qt.Key, ...]], ...] = (
    (QAbstractButton, (Qt.Key.Key_Space,)),
    (QComboBox, (Qt.Key.Key_Space, Qt.Key.Key_Home)),
    (QAbstractSlider, (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home)),
)


class MainWindow(QMainWindow):
    """The window.

    Signals
    -------
    painted
        The window has been painted for the first time.
    """

    painted = Signal()

    def __init__(
        self,
        context: TabContext,
        theme: ThemeController,
        factories: Sequence[Callable[[TabContext], Tab]] = TABS,
    ) -> None:
        super().__init__()
        self._context = context
        self._settings = context.settings
        self._theme = theme
        self._is_painted = False
        self._fit = ScreenFit(self)
        self.setWindowTitle(APP_NAME)
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(_MINIMUM_SIZE)
        theme.choose(self._settings.get(THEME))
        self.tabs = [factory(context) for factory in factories]
        self._build_tabs()
        self._build_menus()
        self._restore()

    # -- building ----------------------------------------------------------------------

    def _build_tabs(self) -> None:
        self._tab_widget = QTabWidget()
        self._tab_widget.setDocumentMode(True)
        self._tab_widget.tabBar().setAccessibleName("Tabs")
        self._tab_widget.tabBar().setExpanding(False)
        self._tab_widget.tabBar().setUsesScrollButtons(True)
        self.setCentralWidget(self._tab_widget)
        for tab in self.tabs:
            self._tab_widget.addTab(tab.widget, tab.title)
            tab.message.connect(self._say)
        self._theme_button = QToolButton()
        self._theme_button.setAccessibleName("Theme")
        self._theme_button.setToolTip("Light or dark")
        self._theme_button.setIconSize(QSize(20, 20))
        self._theme_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._tab_widget.setCornerWidget(self._theme_button)
        self._badges = TabBadges(self._tab_widget)
        self._context.models.wanted.connect(lambda _name: self._show_tab("Classify"))
        self._context.models.generator_wanted.connect(lambda _name: self._show_tab("Generate"))
        self._context.models.fine_tune_wanted.connect(lambda _name: self._show_tab("Train"))
        self._context.data.train_on_wanted.connect(lambda _path: self._show_tab("Train"))
        self._context.data.music_like_wanted.connect(lambda _paths: self._show_tab("Generate"))
        self._context.badges.changed.connect(self._on_badge)
        self._context.learner.learned.connect(lambda _told: self._context.models.changed.emit())
        self.toast = Toast(self)

    def _build_menus(self) -> None:
        self._theme_menu = self._build_theme_menu()
        self._theme_button.setMenu(self._theme_menu)
        quit_action = self._action("&Quit", QKeySequence("Ctrl+Q"), self.close)
        quit_action.setMenuRole(QAction.MenuRole.QuitRole)
        keys = self._action("&Keyboard and mouse", QKeySequence("F1"), self.show_shortcuts)
        about = self._action(f"&About {APP_NAME}", QKeySequence(), self._show_about)
        about.setMenuRole(QAction.MenuRole.AboutRole)
        full = self._action("&Full screen", QKeySequence("F11"), self._toggle_full_screen)
        own: dict[str, MenuEntries] = {
            "File": [None, quit_action],
            "Edit": [],
            "View": [None, self._build_tab_menu(), self._theme_menu, full],
            "Playback": [],
            "Help": [keys, about],
        }
        self._entries: list[tuple[Tab, QAction]] = []
        for title, entries in own.items():
            menu = self.menuBar().addMenu(f"&{title}")
            for tab in self.tabs:
                _fill(menu, tab.menus().get(title, []))
                known = {action for _, action in self._entries}
                self._entries += [(tab, a) for a in menu.actions() if a not in known]
            _fill(menu, entries)
        self._tab_widget.currentChanged.connect(self._on_tab_changed)
        self._on_tab_changed()

    def _on_tab_changed(self) -> None:
        """Offer what the tab in front can do: what is hidden answers to no key."""
        for tab, action in self._entries:
            action.setVisible(tab is self.tab)
        for top in self.menuBar().actions():
            menu = top.menu()
            if isinstance(menu, QMenu):
                seen = any(a.isVisible() and not a.isSeparator() for a in menu.actions())
                top.setVisible(seen)

    def _build_tab_menu(self) -> QMenu:
        menu = QMenu("&Go to tab", self)
        for number, title in enumerate(self._titles, start=1):
            go = partial(self._show_tab, title)
            menu.addAction(self._action(title, QKeySequence(f"Ctrl+{number}"), go))
        menu.addSeparator()
        for text, keys, step in (("&Next", "Ctrl+Tab", 1), ("&Previous", "Ctrl+Shift+Tab", -1)):
            menu.addAction(self._action(text, QKeySequence(keys), partial(self._step_tab, step)))
        return menu

    def _step_tab(self, step: int) -> None:
        at = self._tab_widget.currentIndex() + step
        self._tab_widget.setCurrentIndex(at % self._tab_widget.count())

    def _build_theme_menu(self) -> QMenu:
        menu = QMenu("&Theme", self)
        group = QActionGroup(menu)
        for name in THEMES:
            action = menu.addAction(icon(name), _THEME_NAMES[name])
            action.setCheckable(True)
            action.setChecked(name == self._settings.get(THEME))
            action.setData(name)
            action.triggered.connect(lambda _checked=False, chosen=name: self.choose_theme(chosen))
            group.addAction(action)
        self._theme_button.setIcon(icon(self._settings.get(THEME)))
        return menu

    def _action(self, text: str, keys: QKeySequence, run: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(keys)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def _restore(self) -> None:
        geometry = self._settings.get(GEOMETRY)
        if not (geometry and self.restoreGeometry(QByteArray(geometry))):
            self.resize(_DEFAULT_SIZE)
        self._fit.fit()
        state = self._settings.get(WINDOW_STATE)
        if state:
            self.restoreState(QByteArray(state))

    # -- what the menus do -------------------------------------------------------------

    def choose_theme(self, name: str) -> None:
        """Use "light" or "dark", or follow the "system"."""
        self._settings.set(THEME, name)
        self._theme.choose(name)
        self._theme_button.setIcon(icon(name))
        for action in self._theme_menu.actions():
            action.setChecked(action.data() == name)

    def show_shortcuts(self) -> None:
        """Show the list of keys."""
        in_front = sorted(self.tabs, key=lambda tab: tab is not self.tab)
        by_tab = [(tab.title, [a for t, a in self._entries if t is tab]) for tab in in_front]
        ShortcutsDialog(self.menuBar(), self, by_tab).open()

    def _show_about(self) -> None:
        AboutDialog(places(), self).open()

    def _toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def restore_session(self) -> None:
        """Open what was open when the window was closed."""
        for tab in self.tabs:
            if isinstance(tab, ClassifyTab):
                tab.restore_session()

    def _show_tab(self, title: str) -> None:
        if title in self._titles:
            self._tab_widget.setCurrentIndex(self._titles.index(title))

    def _on_badge(self, title: str, badge: TabBadge | None) -> None:
        self._badges.show(self._titles.index(title), badge)

    @property
    def _titles(self) -> list[str]:
        return [tab.title for tab in self.tabs]

    def _say(self, text: str) -> None:
        self.toast.say(one_line(text))

    # -- dropping ----------------------------------------------------------------------

    @property
    def tab(self) -> Tab:
        """The tab in front."""
        return self.tabs[self._tab_widget.currentIndex()]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.tab.set_drop_highlight(bool(accept_dropped_paths(event)))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        accept_dropped_paths(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.tab.set_drop_highlight(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.tab.set_drop_highlight(False)
        self.open_paths(accept_dropped_paths(event))

    def open_paths(self, paths: list[str]) -> None:
        """Hand files and folders to the tab in front, which for a model is the Models tab."""
        if any(path.lower().endswith(_MODEL_SUFFIX) for path in paths):
            self._show_tab(ModelsTab.title)
        self.tab.open_paths(paths)

    # -- keys --------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Leave Space to a focused button, arrows to a focused tab bar, and so on."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            focused = QApplication.focusWidget()
            for kind, keys in _KEYS_OF_CONTROLS:
                if isinstance(focused, kind) and event.key() in keys and not event.modifiers():
                    event.accept()
                    return True
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Its place before it was maximised may be on a screen that is gone.
        if event.type() == QEvent.Type.WindowStateChange and self.isVisible():
            self._fit.begin()

    def hideEvent(self, event: QHideEvent) -> None:
        self._fit.end()
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Nothing in particular: keys are for the clip until someone walks the controls by Tab.
        self.setFocus()

    # -- beginning and end -------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            self._fit.begin()
            self.screen().availableGeometryChanged.connect(self._fit.fit)
            self.painted.emit()

    def _may_close(self) -> bool:
        """Ask once about all that is unsaved and what runs, and else each tab for itself."""
        lost = {tab.title: found for tab in self.tabs if (found := tab.unsaved()) is not None}
        train = next((tab for tab in self.tabs if isinstance(tab, TrainTab)), None)
        training = train.running if train is not None and lost else ""
        if len(lost) + bool(training) < 2:
            return all(tab.may_close() for tab in self.tabs)
        names = {found.what: found.names for found in lost.values()}
        answer = ask_unsaved(self, names, training)
        if not answer or (answer == "save" and not all(found.save() for found in lost.values())):
            return False
        return all(
            tab.may_close()
            for tab in self.tabs
            if tab.title not in lost and not (training and tab is train)
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close():
            event.ignore()
            return
        self._settings.set(GEOMETRY, bytes(self.saveGeometry().data()))
        self._settings.set(WINDOW_STATE, bytes(self.saveState().data()))
        for tab in self.tabs:
            tab.close()
        self._context.learner.close()
        self._context.bridge.close()
        self._settings.save()
        event.accept()


def _fill(menu: QMenu, entries: MenuEntries) -> None:
    for entry in entries:
        if entry is None:
            menu.addSeparator()
        elif isinstance(entry, QMenu):
            menu.addMenu(entry)
        else:
            menu.addAction(entry)
