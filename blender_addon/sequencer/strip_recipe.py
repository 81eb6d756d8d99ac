"""A strip's recipe: its settings, with everything that is keyed on the timeline counted as its frames are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import bpy

from ..contract.errors import UsageError
from ..contract.frames import FrameRange
from ..contract.keyframes import Curve
from ..contract.recipe import PlateOptions, Region
from ..settings.groups import KEYABLE
from ..settings.painting import check_paintings
from ..settings.recipe import to_recipe
from .content import Content
from .matte_sources import source_of
from .plan import CRYPTOMATTE_KINDS
from .strip_owner import strip_owner
from .strips import renders_passes
from .versions import PLATE_FOLDER

__all__ = ["cryptomatte_kinds", "strip_recipe"]


def strip_recipe(
    strip: bpy.types.Strip, content: Content, folder: Path, *, plates: str = PLATE_FOLDER
) -> dict[str, Any]:
    """The recipe of a strip's settings for its shelf, the ``folder``; files of plate and output are still unknown.

    ``plates`` is where the plate will lie, seen from there, and beside it the mattes that are rendered.
    Raises :class:`NstError` that names the region and the option.
    """
    settings = strip.brushpass
    check_paintings(settings)
    for region in settings.regions:
        matte = region.matte
        if region.enabled and matte.kind == "INPUT":
            raise UsageError(
                f"the matte of region {region.name!r} is an input of nodes, which a strip does not have",
                remedy="choose another matte",
            )
        if region.enabled and matte.kind in (*_CRYPTOMATTES, "CRYPTOMATTE") and not renders_passes(strip):
            raise UsageError(
                f"region {region.name!r} asks for Cryptomatte, which {strip.name!r} does not have",
                remedy="style a scene strip with its camera, or choose another matte",
            )
    first, last = content.frame(content.first), content.frame(content.last)
    movie = _MOVIES.get(settings.output.format)
    timeline = PlateOptions(
        path="plate.####.png",
        frames=str(FrameRange.of(range(first, last + 1))),
        fps=_frame_rate(strip) if movie else None,
    )

    def matte_frames(region: bpy.types.PropertyGroup) -> str:
        source = source_of(region)
        assert source is not None
        return (PurePosixPath(plates) / source.pattern).as_posix()

    recipe = to_recipe(
        strip_owner(strip),
        plate=timeline,
        output=movie or "styled.####.png",
        base=folder,
        mask_path=matte_frames,
        enabled_only=True,
    )
    offset = content.first - first
    plain = replace(recipe, regions=tuple(_moved(region, offset) for region in recipe.regions)).to_json()
    assert isinstance(plain, dict)
    return plain


def _frame_rate(strip: bpy.types.Strip) -> float:
    """The timeline's frames a second, such as 30000 / 1001."""
    scene = strip.id_data
    assert isinstance(scene, bpy.types.Scene)
    return float(scene.render.fps) / float(scene.render.fps_base)


_MOVIES = {"MP4": "styled.mp4", "MOV": "styled.mov"}
_CRYPTOMATTES = tuple(kind.upper() for kind in CRYPTOMATTE_KINDS)


def cryptomatte_kinds(strip: bpy.types.Strip) -> tuple[str, ...]:
    """The kinds of Cryptomatte that a scene strip's regions need; objects always, so that they can be picked."""
    asked = {"object"}
    for region in strip.brushpass.regions:
        named = region.matte.kind.lower(), region.matte.layer.lower().rpartition("crypto")[2]
        asked |= {kind for kind in CRYPTOMATTE_KINDS if kind in named}
    return tuple(kind for kind in CRYPTOMATTE_KINDS if kind in asked)


def _moved(region: Region, offset: int) -> Region:
    moved: Mapping[str, Any] = {name: _moved_curve(getattr(region, name), offset) for name in KEYABLE}
    return replace(region, **moved)


def _moved_curve(curve: Curve, offset: int) -> Curve:
    if len(curve.keys) == 1:
        return curve
    return Curve(tuple((frame + offset, value) for frame, value in curve.keys))
