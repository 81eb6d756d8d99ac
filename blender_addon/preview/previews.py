"""The preview of this Blender, on its main thread: asked for, taken over as it arrives, shown and taken away.

A timer looks at what the painter left, and runs only while there is something to wait for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import bpy

from .. import compat
from ..contract.errors import NstError, UsageError
from ..sequencer.ordering import isolate_command
from ..sequencer.record import original_of
from ..sequencer.strip_owner import strip_owner
from ..sequencer.strip_recipe import strip_recipe
from ..sequencer.strips import content_of, renders_passes
from ..session import session
from ..settings import plate_names
from ..settings.recipe import recipe_of_plate
from .frame_plate import frame_plate, prepare
from .painted_since import painted_file
from .painter import Painter, Progress
from .pictures import Array, View
from .placement import Placement
from .shown_image import remove_image, show_image
from .strip_placement import strip_placement
from .wish import Wish

__all__ = [
    "Shown",
    "clear",
    "end",
    "fault",
    "painter",
    "previewed",
    "progress",
    "redraw",
    "request",
    "shown",
    "step",
    "stop",
    "target",
    "view",
    "visible",
    "wish_for",
]

_TICK = 0.1


@dataclass
class _State:
    """What was taken over."""

    painter: Painter | None = None
    revision: int = 0
    view: View = "RESULT"
    named: str = ""
    """The plate whose names the strip has."""
    painted_before: str = ""
    """What a job had painted of the frame when its preview was asked for."""
    fault: NstError | None = None
    told: Progress | None = None
    seconds: int = 0
    """That the panel says."""


_state = _State()


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A picture and its place in the sequencer's preview."""

    picture: Array
    placement: Placement
    revision: tuple[int, View]


def painter() -> Painter:
    """The one painter of this Blender."""
    if _state.painter is None:
        _state.painter = Painter(session().client, isolate_command)
    return _state.painter


def progress() -> Progress:
    """How the latest preview is."""
    return _state.painter.progress if _state.painter is not None else Progress()


def fault() -> NstError | None:
    """Why there is no preview, whatever was the first to find it out."""
    return _state.fault or progress().fault


def view() -> View:
    """What the switch says."""
    return str(bpy.context.window_manager.brushpass_preview.view)  # type: ignore[return-value]


def target(context: bpy.types.Context) -> tuple[bpy.types.Scene, bpy.types.Strip]:
    """The scene that is edited and the strip that is meant; a result means what it was made of.

    Raises :class:`UsageError` where there is none.
    """
    scene = compat.sequencer_scene(context)
    editor = scene.sequence_editor if scene else None
    strip = editor.active_strip if editor else None
    if scene is not None and strip is not None and strip.brushpass_result.of:
        strip = original_of(scene, strip)
    if scene is None or strip is None:
        raise UsageError("no strip is selected", remedy="select a strip that has a picture")
    return scene, strip


def wish_for(scene: bpy.types.Scene, strip: bpy.types.Strip, *, painted: bool = True) -> Wish:
    """The preview of ``strip`` at the scene's frame as it is now; not ``painted``, only its plate and names.

    Raises what keeps it from being made, with the remedy.
    """
    plate = frame_plate(scene, strip, mattes=painted)
    settings = strip.brushpass
    recipe = strip_recipe(strip, content_of(strip), plate.folder, plates=".") if painted else None
    active = settings.regions[settings.active_region] if settings.active_region < len(settings.regions) else None
    region = active.name if painted and active is not None and active.enabled else None
    return Wish(
        scene=scene.name,
        strip=strip.name,
        frame=scene.frame_current,
        plate=plate,
        looked_at=recipe_of_plate(strip_owner(strip)),
        recipe=recipe,
        region=region,
        objects=tuple(found.folder for found in settings.found),
    )


def request(scene: bpy.types.Scene, strip: bpy.types.Strip, *, painted: bool = True, unless_same: bool = False) -> Wish:
    """Make a preview in place of the one before it; ``unless_same`` as that one was the same.

    Raises as :func:`wish_for` does; the panel shows it until the next one.
    """
    _state.fault = None
    try:
        wish = wish_for(scene, strip, painted=painted)
        known = progress().wish
        if unless_same and known is not None and known.shows_the_same(wish):
            return known
        prepare(wish.plate)
    except NstError as error:
        _state.fault = error
        redraw(panels_only=True)
        raise
    _state.painted_before = painted_file(scene, strip, wish.frame)
    painter().ask(wish)
    _look_soon()
    return wish


def stop() -> None:
    """End what is being made; what is there stays."""
    if _state.painter is not None:
        _state.painter.stop()
    step()


def clear() -> None:
    """Take the preview away and free what the backend holds of it."""
    if _state.painter is not None:
        _state.painter.forget()
    _state.fault = None
    _state.named = ""
    _state.revision = progress().revision
    remove_image()
    redraw()


def previewed(context: bpy.types.Context) -> tuple[bpy.types.Scene, bpy.types.Strip] | None:
    """The scene and strip of the latest preview, while its frame is shown; else None."""
    wish = progress().wish
    scene = compat.sequencer_scene(context)
    if wish is None or scene is None or scene.name != wish.scene or scene.frame_current != wish.frame:
        return None
    strip = scene.sequence_editor.strips_all.get(wish.strip) if scene.sequence_editor else None
    return None if strip is None else (scene, strip)


def visible(context: bpy.types.Context) -> tuple[bpy.types.Scene, bpy.types.Strip] | None:
    """The same, until a job has painted the frame since: then its picture is what the artist wants to see."""
    found, wish = previewed(context), progress().wish
    if found is None or wish is None:
        return None
    return found if painted_file(*found, wish.frame) in ("", _state.painted_before) else None


def shown(context: bpy.types.Context) -> Shown | None:
    """What the sequencer's preview is covered with; None where nothing of a preview is visible."""
    found, now = visible(context), progress()
    picture = _picture(now)
    if found is None or picture is None or now.open_plate is None:
        return None
    return Shown(
        picture=picture,
        placement=strip_placement(*found, now.open_plate.plate),
        revision=(now.revision, view()),
    )


def step(*, anew: bool = False) -> bool:
    """Take over what arrived; whether anything is still to come. ``anew`` shows again what is there."""
    # In this order: what is no longer busy has left all that it leaves.
    busy = _state.painter is not None and _state.painter.busy
    now = progress()
    if anew or now.revision != _state.revision or view() != _state.view:
        _state.revision, _state.view = now.revision, view()
        picture = _picture(now)
        if picture is not None:
            show_image(picture)
    if now.open_plate is not None and now.open_plate.job != _state.named:
        _state.named = now.open_plate.job
        _keep_names(now)
    if now is not _state.told or anew:
        _state.told = now
        redraw()
    return busy


def _picture(now: Progress) -> Array | None:
    """What the switch means; the plate in place of a result that is on its way or was not asked for."""
    picture = now.pictures.of(view())
    expected = now.wish is not None and (now.wish.recipe is None or not now.stage.ended)
    return now.pictures.plate if picture is None and view() == "RESULT" and expected else picture


def _keep_names(now: Progress) -> None:
    wish, plate = now.wish, now.open_plate
    assert wish is not None
    assert plate is not None
    scene = bpy.data.scenes.get(wish.scene)
    strip = scene.sequence_editor.strips_all.get(wish.strip) if scene and scene.sequence_editor else None
    # A region may ask for another layer than the picture has: then nothing is known of it, and nothing forgotten.
    if strip is None or not renders_passes(strip):
        return
    known = [(entry.name, entry.layer) for entry in strip.brushpass.plate_names]
    found = [(name, layer["name"]) for layer in plate.names.get("layers", ()) for name, _ in layer["names"]]
    if known != found:
        plate_names.store(strip_owner(strip), plate.names)


def redraw(*, panels_only: bool = False) -> None:
    """Draw the sequencers anew."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "SEQUENCE_EDITOR":
                for region in area.regions:
                    if region.type == "UI" or not panels_only:
                        region.tag_redraw()


def _tick() -> float | None:
    busy = step()
    seconds = int(time.monotonic() - progress().began)
    if busy and seconds != _state.seconds:
        _state.seconds = seconds
        redraw(panels_only=True)
    return _TICK if busy else None


def _look_soon() -> None:
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=_TICK, persistent=True)


def end() -> None:
    """For the end of the add-on."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    if _state.painter is not None:
        _state.painter.forget()
        _state.painter.join(2.0)
    _state.painter = None
    remove_image()
