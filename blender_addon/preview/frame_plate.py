"""The plate of the frame at the playhead: found on the strip's shelf or among earlier previews, else to be rendered."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import bpy

from .. import preferences
from ..contract.errors import UsageError
from ..sequencer.description import FrameDigests
from ..sequencer.finished_plate import finished_plate, plate_holding
from ..sequencer.matte_sources import matte_digest, matte_sources
from ..sequencer.media_files import check_media
from ..sequencer.ordering import check_backend, plate_state, save_copy
from ..sequencer.plan import IsolateSpec, save_spec
from ..sequencer.strip_recipe import cryptomatte_kinds
from ..sequencer.strips import content_of, kind_of
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
    kinds, state = cryptomatte_kinds(strip), plate_state(scene, strip)
    sources = matte_sources(scene, strip) if mattes else ()
    shelf = finished_plate(scene, strip, frame)
    # Whether the mattes on the shelf are still made of the same is not known.
    if shelf is not None and not sources:
        return FramePlate(key=shelf.digest, folder=shelf.folder, number=number, spec=None)
    beside = None if shelf is None else shelf.folder
    matted = matte_digest(scene, sources, frame)
    digests = FrameDigests(scene, strip, state=state, encoding="")
    told = digests.at(frame, number, bpy.data.filepath, scene.name, matted)
    key = hashlib.sha256(told.encode()).hexdigest()[:16]
    folder = preferences.cache().folder / key
    if plate_holding(folder, number) is not None:
        return FramePlate(key=key, folder=folder, number=number, spec=None, shelf=beside)
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
    return FramePlate(key=key, folder=folder, number=number, spec=spec, shelf=beside)


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


def _forget_old(folder: Path) -> None:
    if not folder.is_dir():
        return
    plates = (path for path in folder.iterdir() if (path / SPEC_FILE).is_file())
    kept = sorted(plates, key=lambda path: path.stat().st_mtime, reverse=True)
    for old in kept[_KEPT_PLATES - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
