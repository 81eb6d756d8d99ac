"""From a strip to an order on disk: all that must be asked of Blender's data, on its main thread."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import compat
from ..backend.faults import BackendError
from ..contract.errors import InputError, NstError, UsageError
from ..contract.frames import FrameRange
from ..jobs.order import Order, copy_file, save_order, unfinished
from ..jobs.work import Work
from ..session import session
from ..settings.found_objects import KIND as FOUND_OBJECTS
from ..settings.found_objects import folder_of, found_in
from ..settings.mattes import recipe_model
from .content import Content
from .lent_plates import link
from .matte_sources import matte_sources
from .media_files import check_media
from .record import mark, result_of
from .scene_state import state_of
from .shelves import output_template, shelf_for, shelf_of_strip
from .strip_recipe import cryptomatte_kinds, strip_recipe
from .strips import is_cropped, is_retimed, kind_of, meta_path, renders_passes, siblings, with_handles
from .tracks import MOST_CHANNELS, free_above, highest
from .versions import Template, claim_version, list_versions

__all__ = [
    "Ordered",
    "capture_command",
    "check_backend",
    "isolate_command",
    "lists_chosen_from",
    "order_strip",
    "plate_of_strip",
    "plate_state",
    "resumable",
    "save_copies",
    "save_copy",
    "work_for",
]

_ENTRY = Path(__file__).with_name("isolate_entry.py")


@dataclass(frozen=True)
class Ordered:
    """An order and the version's folder."""

    order: Order
    folder: Path


def order_strip(
    scene: bpy.types.Scene, strip: bpy.types.Strip, *, reuse: bool, frames: FrameRange | None = None
) -> Ordered:
    """Claim a new version for a strip as it is now.

    ``reuse`` begins with the frames of the version that is shown, as far as nothing
    changed; ``frames`` of the timeline are painted, all others stay plate.

    Raises :class:`UsageError` or :class:`InputError`, and then leaves no version behind.
    """
    plate = plate_of_strip(scene, strip)
    _check_format(scene, strip)
    content = Content(plate["start"], plate["first"], plate["last"])
    mattes = matte_sources(scene, strip)
    _check_room(scene, strip)
    part = _part_of(strip, content, frames)
    template = output_template()
    shelf = shelf_for(scene, strip, template)
    recipe = strip_recipe(strip, content, shelf)
    number, folder = claim_version(shelf, template.version)
    try:
        order = Order(
            **plate,
            # Not earlier: nothing is left behind where the order cannot be made.
            mark=mark(strip),
            mattes=mattes,
            objects=lists_chosen_from(strip.brushpass, shelf),
            version=number,
            version_pattern=template.version,
            recipe=recipe,
            part=part,
            reuse=_shown_version(scene, strip, shelf, template) if reuse else 0,
        )
        return Ordered(save_order(folder, order), folder)
    except NstError:
        discard(folder)
        raise


def plate_of_strip(scene: bpy.types.Scene, strip: bpy.types.Strip) -> dict[str, Any]:
    """What orders say of the plate of a strip as it is now, as keyword arguments.

    Raises :class:`UsageError` or :class:`InputError` where it cannot be rendered.
    """
    check_backend()
    kind_of(strip)
    content = with_handles(strip, strip.brushpass.output.handles)
    check_media(strip, content.frame(content.first), content.frame(content.last))
    return {
        "blend": bpy.data.filepath,
        "scene": scene.name,
        "strip": strip.name,
        "start": content.start,
        "first": content.first,
        "last": content.last,
        "state": plate_state(scene, strip),
        "cryptomatte": cryptomatte_kinds(strip),
    }


def _shown_version(scene: bpy.types.Scene, strip: bpy.types.Strip, shelf: Path, template: Template) -> int:
    """The version that the strip shows; of a strip without a result the newest that was begun."""
    result = result_of(scene, strip)
    if result is not None and result.brushpass_result.version:
        return result.brushpass_result.version
    return max((version.number for version in list_versions(shelf, template.version) if version.styled), default=0)


def discard(folder: Path) -> None:
    """Remove a version that was claimed and never begun."""
    shutil.rmtree(folder, ignore_errors=True)


def save_copies(ordered: list[Ordered]) -> None:
    """Save the file as it is now for the isolating Blenders of all orders; the one thing that Blender waits for.

    Raises :class:`InputError` where it cannot be written.
    """
    first, *others = (copy_file(entry.folder) for entry in ordered)
    save_copy(first)
    for path in others:
        link(first, path)


def save_copy(path: Path) -> None:
    """Save the file as it is now to ``path``, in an existing folder.

    Raises :class:`InputError` where it cannot be written.
    """
    try:
        bpy.ops.wm.save_as_mainfile(
            filepath=str(path), copy=True, compress=False, relative_remap=True, check_existing=False
        )
    except RuntimeError as error:
        text = str(error).removeprefix("Error:").strip().rstrip(".")
        raise InputError(f"a copy of the file cannot be saved, {text}", remedy="check the disk's space") from error


def isolate_command(spec: Path) -> tuple[str, ...]:
    """The command that isolates a strip, by the spec's file."""
    return compat.script_command(_ENTRY, "strip", str(spec))


def capture_command(spec: Path) -> tuple[str, ...]:
    """The command that renders a node's plate, by the spec's file."""
    return compat.script_command(_ENTRY, "node", str(spec))


def work_for(ordered: Ordered) -> Work:
    """The work that fulfils an order."""
    return Work(
        ordered.order,
        ordered.folder,
        backend=session().client,
        isolate=isolate_command if ordered.order.node is None else capture_command,
        scripts=bpy.context.preferences.filepaths.use_scripts_auto_execute,
    )


def resumable(scene: bpy.types.Scene, strip: bpy.types.Strip) -> Ordered | None:
    """The order of a strip's newest version, where it was not fulfilled; reads a few small files, changes nothing."""
    try:
        template = output_template()
        shelf = shelf_of_strip(scene, strip)
        found = unfinished(shelf, template.version) if shelf is not None else None
    except NstError:
        return None
    return None if found is None else Ordered(found[1], found[0])


def plate_state(scene: bpy.types.Scene, strip: bpy.types.Strip) -> str:
    """Names everything of a strip's plate that digests of its frames cannot see."""
    # A scene without a kind of matte is another plate than one with it.
    return f"{state_of(scene, strip)}/{','.join(cryptomatte_kinds(strip))}"


def check_backend() -> None:
    """Raises :class:`BackendError` where no backend is installed."""
    status = session().status
    if status.python is None:
        raise BackendError(status.text, remedy=status.remedy)


def _part_of(strip: bpy.types.Strip, content: Content, frames: FrameRange | None) -> str:
    """The content numbers at the timeline's ``frames``, as an order has them."""
    if frames is None:
        return ""
    if strip.brushpass.output.format != "IMAGES":
        raise UsageError(
            f"{strip.name!r} becomes a movie, which is made of all its frames", remedy="choose Images, or all frames"
        )
    numbers = [number for number in map(content.number, frames) if content.first <= number <= content.last]
    if not numbers:
        raise UsageError(
            f"{strip.name!r} shows none of the frames {frames}",
            remedy=f"it shows {content.frame(content.first)}-{content.frame(content.last)}",
        )
    return str(FrameRange.of(numbers))


def _check_format(scene: bpy.types.Scene, strip: bpy.types.Strip) -> None:
    output = strip.brushpass.output
    movie = output.format != "IMAGES"
    if movie and (output.mattes or output.keep_channels):
        raise UsageError(
            "a movie has no room for mattes and other channels",
            remedy="leave them out, or choose Images as the format of the output",
        )
    if output.size and not output.size.strip().endswith("%"):
        raise UsageError(f"the size of the output is {output.size!r}", remedy="write a percentage such as 50%")
    if output.size and renders_passes(strip) and is_cropped(strip):
        raise UsageError(
            f"{strip.name!r} is cropped in pixels of its scene, and a result of another size cannot be",
            remedy="leave the size of the output empty, or crop the scene's camera",
        )
    if strip.type in ("MOVIE", "IMAGE") and (strip.type == "MOVIE") != movie:
        retimed = next((meta for meta in meta_path(strip) if is_retimed(scene, meta)), None)
        if retimed is not None:
            # Blender asks what is in it for parts of frames, which movies round otherwise than image sequences.
            raise UsageError(
                f"{strip.name!r} is in the meta {retimed.name!r}, which is played at another speed",
                remedy=f"choose {'Images' if movie else 'Movie'} as the format of the output, or style the meta",
            )


def lists_chosen_from(settings: Any, base: Path) -> dict[str, str]:
    """By network, as a recipe in ``base`` names it, the list of objects from which regions chose by number."""
    lists = {}
    for region in settings.regions:
        matte = region.matte
        found = found_in(settings, matte.objects.model) if region.enabled and matte.kind == FOUND_OBJECTS else None
        if found is not None and len(matte.objects.ids):
            lists[recipe_model(matte.objects.model, base)] = folder_of(found).name
    return lists


def _check_room(scene: bpy.types.Scene, strip: bpy.types.Strip) -> None:
    strips = siblings(scene, strip)
    if result_of(scene, strip) is None and not free_above(strips, strip) and highest(strips) >= MOST_CHANNELS:
        raise UsageError(f"all {MOST_CHANNELS} channels are in use", remedy="free one and style again")
