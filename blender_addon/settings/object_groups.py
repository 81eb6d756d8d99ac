"""What of a plate's found objects a region takes, and the list of what was found.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

import bpy
from bpy.props import CollectionProperty, FloatProperty, IntProperty, StringProperty

from ..contract.matte_options import ClickPoint, InstancesMatte
from .derive import derived, description

__all__ = ["CLASSES", "MODELS", "BrushpassFoundShot", "BrushpassObjectsMatte"]

MODELS = {
    "mask_rcnn": "Mask R-CNN",
    "yolact": "YOLACT",
    "yolact_resnet50": "YOLACT (ResNet-50)",
    "deeplab": "DeepLabV3",
    "deeplab_resnet101": "DeepLabV3 (ResNet-101)",
}
"""Networks that every backend knows, as recipes name them, and as people do."""


def _known_models(matte: bpy.types.PropertyGroup, context: bpy.types.Context, text: str) -> list[str]:
    return list(MODELS)


class BrushpassObjectId(bpy.types.PropertyGroup):
    """A number of the list of objects."""

    id: IntProperty(name="Object", description=description(InstancesMatte, "ids"), min=0, options=set())


class BrushpassObjectClass(bpy.types.PropertyGroup):
    """What an object is."""

    name: StringProperty(name="Class", description=description(InstancesMatte, "classes"), options=set())


class BrushpassClickPoint(bpy.types.PropertyGroup):
    """A pixel of the plate whose object is meant."""

    frame: IntProperty(name="Frame", description=description(ClickPoint, "frame"), options=set())
    x: IntProperty(name="X", description=description(ClickPoint, "x"), min=0, options=set())
    y: IntProperty(name="Y", description=description(ClickPoint, "y"), min=0, options=set())


@derived(InstancesMatte, only=("model", "score", "area"), model={"search": _known_models})
class BrushpassObjectsMatte(bpy.types.PropertyGroup):
    """Which of the found objects a region covers."""

    classes: CollectionProperty(type=BrushpassObjectClass)
    ids: CollectionProperty(type=BrushpassObjectId)
    at: CollectionProperty(type=BrushpassClickPoint)


class BrushpassFoundObject(bpy.types.PropertyGroup):
    """One object that was found, followed through the shot."""

    # Lists are filtered by it.
    name: StringProperty(name="Name", description="Its name, as in the Cryptomatte of the objects", options=set())
    id: IntProperty(name="Number", description="Its number in the list", options=set())
    label: StringProperty(name="Class", description="What it is", options=set())
    first: IntProperty(name="First", description="First frame that it is seen in", options=set())
    last: IntProperty(name="Last", description="Last frame that it is seen in", options=set())
    frames: IntProperty(name="Frames", description="How many frames it is seen in", options=set())
    score: FloatProperty(name="Score", description="Mean score of its detections", options=set())
    area: FloatProperty(name="Area", description="Mean part of the frame that it covers", options=set())
    thumbnail: StringProperty(description="File name of its picture", options=set())


class BrushpassFoundShot(bpy.types.PropertyGroup):
    """What one network found in the plate."""

    name: StringProperty(description="The network, as recipes name it", options=set())
    folder: StringProperty(description="Where the objects' mattes lie", options=set())
    frames: StringProperty(description="The frames that were looked at", options=set())
    exposure: FloatProperty(description="Of the plate, when it was looked at", options=set())
    objects: CollectionProperty(type=BrushpassFoundObject)
    active_object: IntProperty(description="The row that was clicked beside its name", default=-1, options=set())


CLASSES = (
    BrushpassObjectId,
    BrushpassObjectClass,
    BrushpassClickPoint,
    BrushpassObjectsMatte,
    BrushpassFoundObject,
    BrushpassFoundShot,
)
