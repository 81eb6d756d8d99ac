"""What of Blender's own the regions of a strip take as mattes: found, refused where it cannot serve, told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import bpy

from ..contract.errors import InputError, UsageError
from ..settings.channelbags import all_fcurves
from ..settings.mattes import movie_path
from .description import FrameDigests
from .media_files import check_media
from .plan import MatteSource
from .scene_passes import scene_size
from .scene_state import state_of
from .strips import content_of, find_strip, is_moved, renders_passes

__all__ = ["matte_digest", "matte_sources", "source_of"]


def source_of(region: bpy.types.PropertyGroup) -> MatteSource | None:
    """What a region's matte is rendered from, without its state; None where it is no mask, strip or movie."""
    matte = region.matte
    if matte.kind == "MASK" and matte.mask is not None:
        return MatteSource(kind="mask", name=matte.mask.name)
    if matte.kind == "STRIP" and matte.strip:
        return MatteSource(kind="strip", name=matte.strip, alpha=matte.channel == "alpha")
    movie = movie_path(region)
    return MatteSource(kind="movie", name=movie, alpha=matte.channel == "alpha") if movie else None


def matte_sources(scene: bpy.types.Scene, strip: bpy.types.Strip) -> tuple[MatteSource, ...]:
    """What must be rendered beside the plate for the regions of ``strip`` that are on, each once.

    Raises :class:`UsageError` or :class:`InputError` that names the region where a source
    is gone or cannot lie over the plate.
    """
    if bpy.app.background:
        # Edits by scripts are told when something asks.
        bpy.context.view_layer.update()
    found: dict[MatteSource, MatteSource] = {}
    for region in strip.brushpass.regions:
        source = source_of(region) if region.enabled else None
        if source is not None:
            state = state_of(scene, _checked(scene, strip, region.name, source))
            found[source] = MatteSource(kind=source.kind, name=source.name, alpha=source.alpha, state=state)
    return tuple(found.values())


def matte_digest(scene: bpy.types.Scene, sources: Sequence[MatteSource], frame: int) -> str:
    """Names what mattes show at a timeline frame, which the scene must be at; empty without any."""
    told: list[str] = []
    for source in sources:
        told += [source.folder, source.state]
        if source.kind == "strip":
            other = find_strip(scene, source.name)
            digests = FrameDigests(scene, other, state=source.state, encoding="")
            told.append(digests.at(frame, content_of(other).number(frame)))
        if source.kind == "movie":
            status = Path(source.name).stat()
            told.append(f"{status.st_size}:{status.st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16] if told else ""


def _checked(scene: bpy.types.Scene, strip: bpy.types.Strip, region: str, source: MatteSource) -> bpy.types.Strip:
    """The strip whose state is the source's."""
    if source.kind == "movie" and not Path(source.name).is_file():
        raise InputError(
            f"the matte of region {region!r}, {source.name!r}, cannot be found", remedy="choose the movie again"
        )
    if source.kind != "strip":
        return strip
    try:
        other = find_strip(scene, source.name)
    except UsageError as gone:
        raise UsageError(
            f"region {region!r} takes the strip {source.name!r} as its matte, and there is none of that name",
            remedy="choose the strip again in the region's matte",
        ) from gone
    if other.type == "SOUND":
        raise UsageError(
            f"region {region!r} takes {source.name!r} as its matte, which is sound",
            remedy="choose a strip that has a picture",
        )
    content = content_of(strip)
    check_media(other, content.frame(content.first), content.frame(content.last))
    if renders_passes(strip) and _differs_from_timeline(scene, strip):
        raise UsageError(
            f"region {region!r} takes the strip {source.name!r} as its matte, and {strip.name!r} does not lie in the "
            "timeline's frame as its scene renders it",
            remedy="give both scenes one size and clear the strip's transform and crop, or use a Blender mask",
        )
    return other


def _differs_from_timeline(scene: bpy.types.Scene, strip: bpy.types.Strip) -> bool:
    """Whether a scene's passes and the timeline put the same pixel in different places."""
    if scene_size(strip.scene) != (scene.render.resolution_x, scene.render.resolution_y):
        return True
    return is_moved(strip) or any(_keyed(scene, strip))


def _keyed(scene: bpy.types.Scene, strip: bpy.types.Strip) -> Iterator[bool]:
    path = strip.path_from_id()
    prefixes = (f"{path}.transform", f"{path}.crop")
    curves = [curve for bag in all_fcurves(scene) for curve in bag]
    if scene.animation_data:
        curves += scene.animation_data.drivers
    yield from (curve.data_path.startswith(prefixes) for curve in curves)
