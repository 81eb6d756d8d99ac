"""The settings that a strip or a node carries.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

from collections.abc import Sequence

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from ..contract.codec import field_types
from ..contract.keyframes import Curve
from ..contract.matte_options import CryptomatteMatte, Grow, ImagesMatte
from ..contract.recipe import ComputeOptions, OutputOptions, PlateOptions, Region, TemporalOptions
from . import object_groups, optimisation_groups, styles
from .data_names import meet
from .derive import derived, description, fields
from .found_objects import KIND as FOUND_OBJECTS
from .object_groups import BrushpassFoundShot, BrushpassObjectsMatte
from .optimisation_groups import OPTIMISATION, STYLE, BrushpassOptimisation
from .owner import active_owner, owner_of

__all__ = ["CRYPTOMATTE_LAYERS", "KEYABLE", "MASK_INPUTS", "BrushpassSettings", "register", "unique_name", "unregister"]

KEYABLE = tuple(name for name in fields(Region) if field_types(Region)[name] is Curve)
"""The options of a region that may change over the shot."""
CRYPTOMATTE_LAYERS = {"OBJECT": "CryptoObject", "MATERIAL": "CryptoMaterial", "ASSET": "CryptoAsset"}
"""The layers of Cryptomatte that Blender writes, by the kind of matte."""
MASK_INPUTS = 4
"""Inputs of a Style node that take mattes which other nodes make."""
_MOST_GROW = fields(Grow)["distance"].metadata["maximum"]

_KINDS = (
    ("EVERYTHING", "Whole Frame", "All of the picture", "IMAGE_DATA", 0),
    ("OBJECT", "Objects", "Objects of the render, by Cryptomatte", "OBJECT_DATA", 1),
    ("MATERIAL", "Materials", "Materials of the render, by Cryptomatte", "MATERIAL", 2),
    ("ASSET", "Assets", "Objects with all that is parented to them, by Cryptomatte", "OUTLINER_COLLECTION", 3),
    ("CRYPTOMATTE", "Cryptomatte Layer", "Names of any Cryptomatte layer", "RENDERLAYERS", 4),
    (FOUND_OBJECTS, "Objects in Footage", "People, animals and things that a network finds", "COMMUNITY", 10),
    ("IMAGES", "Image or Sequence", "A painted mask from files, or a movie", "FILE_IMAGE", 5),
    ("MASK", "Blender Mask", "A mask of this file", "MOD_MASK", 6),
    ("STRIP", "Strip", "The brightness or alpha of another strip, such as a mask or a movie", "SEQUENCE", 7),
    ("INPUT", "Mask Input", "What is linked to a Mask input of the node, in the mode Capture", "NODE", 11),
    ("BACKGROUND", "Background", "What no region above claims", "WORLD", 8),
    ("CUSTOM", "From Recipe", "A combination that was written in a recipe", "NODETREE", 9),
)

_PAINTERS = (
    (STYLE, "Trained Style", "A network that has learnt a painting paints each frame at once"),
    (OPTIMISATION, "Optimisation", "Each frame is changed step by step until it is like any painting, for minutes"),
)
_FORMATS = (
    ("IMAGES", "Images", "A file for each frame, shown as they arrive", "RENDERLAYERS", 0),
    ("MP4", "Movie (MP4)", "One H.264 file, shown when all frames are there", "FILE_MOVIE", 1),
    ("MOV", "Movie (QuickTime)", "One H.264 file, shown when all frames are there", "FILE_MOVIE", 2),
)
_PROXIES = (
    ("NONE", "None", "The result has no proxies", 0),
    *((f"{size}", f"{size}%", f"Pictures of {size}% of the size, for playback", size) for size in (25, 50, 75, 100)),
)


def unique_name(wanted: str, taken: Sequence[str]) -> str:
    """``wanted``, or the first of ``wanted.001`` and so on that is free."""
    base = wanted.strip() or "Region"
    if base not in taken:
        return base
    stem, _, tail = base.rpartition(".")
    stem = stem if stem and tail.isdigit() and len(tail) == 3 else base
    return next(name for number in range(1, len(taken) + 2) if (name := f"{stem}.{number:03d}") not in taken)


def _renamed(region: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    found = owner_of(region)
    if found is None:
        return
    owner, index = found
    others = [entry.name for place, entry in enumerate(owner.settings.regions) if place != index]
    name = unique_name(region.name, others)
    if name != region.name:
        region.name = name


def _known_names(item: bpy.types.PropertyGroup, context: bpy.types.Context, text: str) -> list[str]:
    owner = active_owner(context)
    if owner is None or not owner.settings.regions:
        return []
    settings = owner.settings
    matte = settings.regions[min(settings.active_region, len(settings.regions) - 1)].matte
    layer = CRYPTOMATTE_LAYERS.get(matte.kind, matte.layer)
    return sorted({entry.name for entry in settings.plate_names if entry.is_of(layer)}, key=str.casefold)


def _known_styles(region: bpy.types.PropertyGroup, context: bpy.types.Context, text: str) -> list[str]:
    return [style.name for style in styles.catalogue()]


def _named(entry: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    meet(entry.name)


class BrushpassMatteName(bpy.types.PropertyGroup):
    """One name of a Cryptomatte."""

    name: StringProperty(
        name="Name",
        description=description(CryptomatteMatte, "names"),
        options=set(),
        update=_named,
        search=_known_names,
        search_options={"SUGGESTION"},
    )


class BrushpassPlateName(bpy.types.PropertyGroup):
    """A name that the plate's Cryptomatte holds."""

    name: StringProperty(options=set())
    layer: StringProperty(description="Full name of its layer", options=set())

    def is_of(self, layer: str) -> bool:
        """Whether it belongs to a layer given by its full or its short name."""
        return self.layer == layer or self.layer.rpartition(".")[2] == layer


@derived(CryptomatteMatte, only=("layer",))
@derived(
    ImagesMatte, only=("path", "channel"), path={"subtype": "FILE_PATH", "options": {"PATH_SUPPORTS_BLEND_RELATIVE"}}
)
class BrushpassMatte(bpy.types.PropertyGroup):
    """What a region covers."""

    kind: EnumProperty(name="Matte", description=description(Region, "matte"), items=_KINDS, options=set())
    names: CollectionProperty(type=BrushpassMatteName)
    mask: PointerProperty(name="Mask", description="The mask of this file", type=bpy.types.Mask)
    strip: StringProperty(name="Strip", description="The strip that is the matte", options=set())
    mask_input: IntProperty(
        name="Input", description="Number of the node's Mask input", min=1, max=MASK_INPUTS, default=1, options=set()
    )
    objects: PointerProperty(type=BrushpassObjectsMatte)
    invert: BoolProperty(name="Invert", description="Cover what the matte does not", options=set())
    grow: bpy.props.FloatProperty(
        name="Grow",
        description="Move the matte's edge outward, inward where negative (px at 1080 lines)",
        subtype="PIXEL",
        precision=1,
        min=-_MOST_GROW,
        max=_MOST_GROW,
        soft_min=-50,
        soft_max=50,
        options=set(),
    )
    custom: StringProperty(name="Matte", description="The matte as the recipe writes it", options=set())
    extra: StringProperty(description="Unknown keys of an imported recipe", options={"HIDDEN"})


@derived(Region, skip=("matte", "optimisation"), name={"update": _renamed}, style={"search": _known_styles})
class BrushpassRegion(bpy.types.PropertyGroup):
    """One part of the shot and its painting."""

    matte: PointerProperty(type=BrushpassMatte)
    painted_by: EnumProperty(
        name="Painted By", description=description(Region, "optimisation"), items=_PAINTERS, options=set()
    )
    optimisation: PointerProperty(type=BrushpassOptimisation)
    extra: StringProperty(description="Unknown keys of an imported recipe", options={"HIDDEN"})


@derived(TemporalOptions, preroll={"default": 12})
class BrushpassMotion(bpy.types.PropertyGroup):
    """How the film is kept from flickering."""

    extra: StringProperty(description="Unknown keys of an imported recipe", options={"HIDDEN"})


@derived(PlateOptions, only=("exposure",))
class BrushpassPlate(bpy.types.PropertyGroup):
    """What the artist says of the plate; the rest follows from the strip or node."""

    extra: StringProperty(description="Unknown keys of an imported recipe", options={"HIDDEN"})


@derived(OutputOptions, skip=("path",))
class BrushpassOutput(bpy.types.PropertyGroup):
    """What goes out; where to follows from the strip or node."""

    format: EnumProperty(name="Format", description="What styled frames are written as", items=_FORMATS, options=set())
    handles: IntProperty(
        name="Handles",
        description="Frames that are styled beside what the strip shows, as far as it has them, to trim the result",
        min=0,
        soft_max=50,
        max=1000,
        options=set(),
    )
    proxy: EnumProperty(
        name="Proxy", description="Size of the proxies that are built for the result", items=_PROXIES, options=set()
    )
    extra: StringProperty(description="Unknown keys of an imported recipe", options={"HIDDEN"})


@derived(ComputeOptions, tile={"default": 1024})
class BrushpassCompute(bpy.types.PropertyGroup):
    """How the machine works."""

    extra: StringProperty(description="Unknown keys of an imported recipe", options={"HIDDEN"})


class BrushpassSettings(bpy.types.PropertyGroup):
    """All of it: the recipe but for plate and output path."""

    regions: CollectionProperty(type=BrushpassRegion)
    active_region: IntProperty(name="Active Region", options=set())
    motion: PointerProperty(type=BrushpassMotion)
    plate: PointerProperty(type=BrushpassPlate)
    output: PointerProperty(type=BrushpassOutput)
    compute: PointerProperty(type=BrushpassCompute)
    plate_names: CollectionProperty(type=BrushpassPlateName)
    found: CollectionProperty(type=BrushpassFoundShot)
    extra: StringProperty(description="Unknown keys of an imported recipe", options={"HIDDEN"})


_CLASSES = (
    *object_groups.CLASSES,
    *optimisation_groups.CLASSES,
    BrushpassMatteName,
    BrushpassPlateName,
    BrushpassMatte,
    BrushpassRegion,
    BrushpassMotion,
    BrushpassPlate,
    BrushpassOutput,
    BrushpassCompute,
    BrushpassSettings,
)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
