"""Why the backend has no styles to offer, or will not paint, and the buttons that help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import bpy

from .. import preferences
from ..backend.environment import State
from ..session import session
from ..settings import styles
from .problem import draw_problem

__all__ = ["BackendHelp", "backend_help", "draw_backend_help", "draw_open_preferences"]

_ADDON = __package__.rpartition(".")[0]
_INSTALLABLE = {
    State.NOT_INSTALLED: "Install Backend",
    State.INCOMPLETE: "Install Backend",
    State.OUTDATED: "Upgrade Backend",
    State.BROKEN: "Repair Backend",
}


@dataclass(frozen=True, kw_only=True)
class BackendHelp:
    """What to say, and which buttons to offer; an empty text offers none."""

    sentence: str
    icon: Literal["ERROR", "INFO"] = "ERROR"
    install: str = ""
    ask: str = ""
    preferences: bool = True


def backend_help() -> BackendHelp | None:
    """How the backend can be brought to work; None where it has named its styles and nothing is known to be wrong."""
    now, known = session(), bool(styles.catalogue())
    status = now.status
    if now.installation is not None or status.state is State.INSTALLING:
        return BackendHelp(sentence="the backend is being installed", icon="INFO")
    if now.busy and not known:
        return BackendHelp(sentence="the backend is asked for its styles", icon="INFO", preferences=False)
    if now.fault is not None:
        again = "Try Again" if status.python is not None else ""
        return BackendHelp(sentence=now.fault.sentence(), ask=again, install="" if again else _installing(status.state))
    if status.python is None:
        sentence = f"{status.text}: {status.remedy}" if status.remedy else status.text
        return BackendHelp(sentence=sentence, install=_installing(status.state))
    if not known:
        return BackendHelp(
            sentence="the backend has not been asked for its styles yet", icon="INFO", ask="Ask for Styles"
        )
    return None


def _installing(state: State) -> str:
    """The label of the button that installs; empty where only the preferences can say how."""
    chosen = preferences.preferences()
    possible = chosen.source == "private" and (bpy.app.online_access or chosen.wheels_path)
    return _INSTALLABLE.get(state, "") if possible else ""


def draw_backend_help(layout: bpy.types.UILayout, found: BackendHelp) -> None:
    """Draw the sentence and its buttons."""
    draw_problem(layout, found.sentence, icon=found.icon)
    column = layout.column(align=True)
    if found.install:
        column.operator("brushpass.install_backend", text=found.install, icon="IMPORT")
    if found.ask:
        column.operator("brushpass.check_backend", text=found.ask, icon="FILE_REFRESH")
    if found.preferences:
        draw_open_preferences(column)


def draw_open_preferences(layout: bpy.types.UILayout) -> None:
    """The button to the add-on's preferences."""
    layout.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES").module = _ADDON
