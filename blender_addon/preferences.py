"""The add-on's preferences: the only place that a program's path is ever read from."""

from __future__ import annotations

import os
from pathlib import Path

import bpy
from bpy.props import EnumProperty, IntProperty, PointerProperty, StringProperty

from . import session as sessions
from .backend.folders import user_cache, user_data
from .backend.torch_builds import BUILDS
from .cache import CACHE_NAME, Cache
from .sequencer.versions import DEFAULT_TEMPLATE
from .settings import training_form

__all__ = [
    "BACKEND_VARIABLE",
    "BrushpassPreferences",
    "cache",
    "output_template",
    "preferences",
    "register",
    "unregister",
]

BACKEND_VARIABLE = "BRUSHPASS_BACKEND"
"""Names an environment, or its Python, that is used instead of the one in the preferences."""
_TORCH = [
    ("auto", "Automatic", "The build that suits this machine's graphics card"),
    *((build.name, build.label, f"For {build.reason}") for build in BUILDS),
]


def _changed(_preferences: BrushpassPreferences, _context: bpy.types.Context) -> None:
    sessions.session().take()


class BrushpassPreferences(bpy.types.AddonPreferences):
    """Settings of this artist on this machine; what an empty path means is told by the properties below."""

    bl_idname = __package__

    source: EnumProperty(
        name="Backend",
        items=[
            ("private", "Private", "An environment that Brushpass installs and keeps for all Blender versions"),
            ("own", "Your own", "An environment that you made, with the backend in it"),
        ],
        default="private",
        update=_changed,
    )
    environment_path: StringProperty(
        name="Environment",
        description="The folder of your environment, or its Python interpreter",
        subtype="FILE_PATH",
        update=_changed,
    )
    home_path: StringProperty(
        name="Folder",
        description="Where the private environment lies, several gigabytes; empty: among your user data",
        subtype="DIR_PATH",
        update=_changed,
    )
    python_path: StringProperty(
        name="Python",
        description="The Python, 3.11 to 3.14, that the environment is made from; empty: one that is found",
        subtype="FILE_PATH",
    )
    torch: EnumProperty(name="PyTorch", description="Which build of PyTorch to install", items=_TORCH, default="auto")
    wheels_path: StringProperty(
        name="Wheels",
        description="A folder of wheels to install from instead of the network; empty: the network",
        subtype="DIR_PATH",
    )
    release_minutes: IntProperty(
        name="Free Memory After (min)",
        description="Minutes without work after which the backend frees the graphics card's memory; 0: never",
        default=10,
        min=0,
        max=1440,
        update=_changed,
    )
    cache_path: StringProperty(
        name="Cache",
        description="Where what previews are made of is kept; empty: your user's cache",
        subtype="DIR_PATH",
    )
    output_template: StringProperty(
        name="Output",
        description=(
            "Where styled frames go: // is the folder of the .blend, <scene>, <strip> and <file> are names, ### is "
            "the version"
        ),
        default=DEFAULT_TEMPLATE,
        subtype="DIR_PATH",
        options={"PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    training: PointerProperty(type=training_form.BrushpassTrainingForm)

    @property
    def home(self) -> Path:
        """The folder of private environments."""
        return _path(self.home_path) or user_data() / "backend"

    @property
    def cache(self) -> Path:
        """A folder of the add-on's own, which may be cleared at any time."""
        return (_path(self.cache_path) or user_cache()) / CACHE_NAME

    @property
    def service_log(self) -> Path:
        """The log of the running backend."""
        return user_data() / "log" / "serve.log"

    def draw(self, context: bpy.types.Context) -> None:
        # Drawn with means of rooms that read the preferences themselves.
        from .preferences_panel import draw_preferences

        draw_preferences(self, sessions.session(), context)


def preferences() -> BrushpassPreferences:
    """The preferences of this add-on."""
    found = bpy.context.preferences.addons[__package__].preferences
    assert isinstance(found, BrushpassPreferences)
    return found


def output_template() -> str:
    """Where styled frames go, for ``sequencer.versions.Template``."""
    return str(preferences().output_template)


def cache() -> Cache:
    """The cache, as this Blender uses it."""
    global _cache
    root = preferences().cache
    if _cache is None or _cache.root != root:
        _release_cache()
        _cache = Cache(root)
    return _cache


_cache: Cache | None = None


def _release_cache() -> None:
    global _cache
    if _cache is not None:
        _cache.release()
    _cache = None


def _choice() -> sessions.Choice:
    chosen = preferences()
    # Of a machine of many, where nobody opens the preferences.
    named = os.environ.get(BACKEND_VARIABLE, "")
    own = chosen.environment_path if chosen.source == "own" else None
    return sessions.Choice(
        home=chosen.home,
        chosen=Path(os.path.abspath(named)) if named else None if own is None else _path(own) or Path(),
        release_after=chosen.release_minutes * 60.0,
        log=chosen.service_log,
        online=bpy.app.online_access,
    )


def _path(text: str) -> Path | None:
    # Relative paths would be relative to whatever file is open.
    return Path(bpy.path.abspath(text)).expanduser() if text and not text.startswith("//") else None


def register() -> None:
    for cls in (*training_form.CLASSES, BrushpassPreferences):
        bpy.utils.register_class(cls)
    sessions.register(_choice)


def unregister() -> None:
    sessions.unregister()
    _release_cache()
    for cls in (BrushpassPreferences, *reversed(training_form.CLASSES)):
        bpy.utils.unregister_class(cls)
