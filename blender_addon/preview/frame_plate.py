"""The plate of the frame at the playhead: found on the strip's shelf or among earlier previews, else to be rendered."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import bpy

from .. import compat, preferences
from ..contract.errors import NstError, UsageError
from ..sequencer.description import FrameDigests
from ..sequencer.ledger import is_finished
from ..sequencer.matte_sources import matte_digest, matte_sources
from ..sequencer.media_files import check_media
from ..sequencer.ordering import check_backend, save_copy, shelf_of_strip
from ..sequencer.plan import IsolateSpec, Plate, load_plate, save_spec
from ..sequencer.scene_passes import shown_layer
from ..sequencer.scene_state import state_of
from ..sequencer.strip_recipe import cryptomatte_kinds
from ..sequencer.strips import content_of, kind_of, renders_passes
from ..sequencer.versions import PLATE_FOLDER, frame_name
from .wish import SPEC_FILE, FramePlate

__all__ = ["frame_plate", "prepare"]

_COPY = "source.blend"
_KEPT_PLATES = 8


def frame_plate(scene: bpy.types.Scene, strip: bpy.types.Strip, *, mattes: bool = True) -> FramePlate:
    """Where the plate of ``strip`` at the scene's frame is, and the ``mattes`` that are rendered. Writes nothing.

    Raises :class:`UsageError`, :class:`InputError` or :class:`BackendError` where there can be no preview.
    """
    check_backend()
    kind_of(strip)
    content, frame = content_of(strip), scene.frame_current
    number = content.number(frame)
    if not content.first <= number <= content.last:
        raise UsageError(f"the playhead is not over {strip.name!r}", remedy="move it to the frame to preview")
    check_media(strip, frame, frame)
    kinds = cryptomatte_kinds(strip)
    state = f"{state_of(scene, strip)}/{','.join(kinds)}"
    sources = matte_sources(scene, strip) if mattes else ()
    # Whether the mattes on the shelf are still made of the same is not known.
    shelf = None if sources else _on_shelf(scene, strip, frame, number, state)
    if shelf is not None:
        return shelf
    matted = matte_digest(scene, sources, frame)
    digests = FrameDigests(scene, strip, state=state, encoding="")
    told = digests.at(frame, number, bpy.data.filepath, scene.name, matted)
    key = hashlib.sha256(told.encode()).hexdigest()[:16]
    folder = preferences.cache().folder / key
    if _holds(folder, number) is not None:
        return FramePlate(key=key, folder=folder, number=number, spec=None)
    spec = IsolateSpec(
        blend=str(folder / _COPY),
        scene=scene.name,
        strip=strip.name,
        folder=str(folder),
        first=number,
        last=number,
        state=state,
        cryptomatte=kinds,
        mattes=sources,
        scripts=bpy.context.preferences.filepaths.use_scripts_auto_execute,
    )
    return FramePlate(key=key, folder=folder, number=number, spec=spec)


def prepare(plate: FramePlate) -> None:
    """Save the file as it is now for the isolating Blender, unless the plate is there.

    Raises :class:`InputError` where it, or the cache, cannot be written.
    """
    if plate.spec is None:
        return
    preferences.cache().claim()
    _forget_old(plate.folder.parent)
    plate.folder.mkdir(parents=True, exist_ok=True)
    window = bpy.context.window or bpy.context.window_manager.windows[0]
    with bpy.context.temp_override(window=window):
        save_copy(Path(plate.spec.blend))
    save_spec(plate.folder / SPEC_FILE, plate.spec)


def _on_shelf(scene: bpy.types.Scene, strip: bpy.types.Strip, frame: int, number: int, state: str) -> FramePlate | None:
    """The frame of a finished plate that is still made of the same."""
    try:
        shelf = shelf_of_strip(scene, strip)
    except NstError:
        # Of a file that was never saved, or a template that says nothing.
        return None
    folder = shelf / PLATE_FOLDER if shelf is not None else None
    plate = _holds(folder, number) if folder is not None else None
    if folder is None or plate is None:
        return None
    # Were the moment another one, the digest would not be found.
    extra = (_plain_moment(strip, frame), 0.0, shown_layer(strip)) if renders_passes(strip) else ()
    digest = FrameDigests(scene, strip, state=state, encoding=plate.encoding).at(frame, *extra)
    if not is_finished(folder / frame_name(plate.pattern, number), digest):
        return None
    return FramePlate(key=digest, folder=folder, number=number, spec=None)


def _plain_moment(strip: bpy.types.Strip, frame: int) -> int:
    """The frame of its scene that a scene strip shows which is neither retimed nor reversed."""
    begin = int(strip.scene.frame_start) + compat.content_trim_start(strip)
    return begin + frame - compat.content_start(strip)


def _holds(folder: Path, number: int) -> Plate | None:
    try:
        plate = load_plate(folder)
    except NstError:
        return None
    there = plate.first <= number <= plate.last and (folder / frame_name(plate.pattern, number)).is_file()
    return plate if there else None


def _forget_old(folder: Path) -> None:
    if not folder.is_dir():
        return
    kept = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[_KEPT_PLATES - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
