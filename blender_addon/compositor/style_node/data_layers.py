"""Data layers of the view layers that Style nodes read: added by the artist, kept alike, gone with the last node."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import bpy

from ...contract.errors import UsageError
from ...data_layer import blurs, make_data_layer, match_data_layer, may_have_data_layer
from .trees import scenes_of
from .upstream import find_source

__all__ = [
    "BLURRED",
    "add_data_layer",
    "blurred_layers",
    "data_layer_of",
    "motion_layer",
    "register",
    "remove_data_layer",
    "tend",
    "unregister",
]

BLURRED = "motion blur leaves the Vector pass empty: motion is estimated from the pictures"
"""Said of a frame that has neither motion nor a data layer."""


def blurred_layers(node: bpy.types.Node) -> Iterator[tuple[bpy.types.Scene, bpy.types.ViewLayer]]:
    """The view layers that a Style node reads and that are rendered with motion blur, with their scenes."""
    for scene in scenes_of(node.id_data):  # type: ignore[arg-type]
        try:
            layer = scene.view_layers[find_source(node, scene).layer]
        except UsageError:
            # Said on the node.
            continue
        if blurs(scene, layer):
            yield scene, layer


def data_layer_of(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> bpy.types.ViewLayer | None:
    """The data layer that was added for a view layer; None where there is none, or it was renamed and so kept."""
    data = scene.view_layers.get(layer.brushpass_data_layer) if layer.brushpass_data_layer else None
    return data if data is not None and data.brushpass_is_data else None


def motion_layer(scene: bpy.types.Scene, name: str) -> str | None:
    """Name of the view layer that has the motion of the layer ``name``, where that is not itself."""
    layer = scene.view_layers[name]
    data = data_layer_of(scene, layer)
    return data.name if data is not None and data.use and blurs(scene, layer) else None


def add_data_layer(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> bpy.types.ViewLayer:
    """Give a view layer a data layer.

    Raises :class:`UsageError` where the scene's engine would render none without blur.
    """
    if not may_have_data_layer(scene):
        raise UsageError(
            "only Cycles renders a view layer without the motion blur of the others",
            remedy="render with Cycles, switch motion blur off, or let the motion be estimated",
        )
    data = make_data_layer(scene, layer)
    data.brushpass_is_data = True
    layer.brushpass_data_layer = data.name
    return data


def remove_data_layer(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> None:
    """Take back :func:`add_data_layer`, where there is something to take back."""
    data = data_layer_of(scene, layer)
    layer.brushpass_data_layer = ""
    if data is not None:
        scene.view_layers.remove(data)


def tend(scene: bpy.types.Scene, read: Collection[str]) -> None:
    """Keep the data layers of the layers ``read`` like these, and remove those of others."""
    served: set[str] = set()
    names = [layer.name for layer in scene.view_layers if layer.brushpass_data_layer]
    # A copy of a view layer names the same data layer: it is that of the first which is read.
    for name in sorted(names, key=lambda name: name not in read):
        layer = scene.view_layers[name]
        data = data_layer_of(scene, layer)
        if data is None or data.name in served:
            layer.brushpass_data_layer = ""
        elif name in read:
            served.add(data.name)
            match_data_layer(scene, layer, data)
        else:
            remove_data_layer(scene, layer)


def register() -> None:
    bpy.types.ViewLayer.brushpass_data_layer = bpy.props.StringProperty(
        description="Name of the view layer that has its motion", options={"HIDDEN"}
    )
    bpy.types.ViewLayer.brushpass_is_data = bpy.props.BoolProperty(
        description="Whether it was added for motion alone", options={"HIDDEN"}
    )


def unregister() -> None:
    del bpy.types.ViewLayer.brushpass_is_data
    del bpy.types.ViewLayer.brushpass_data_layer
