"""How the preview is looked at: of this window manager, not of the strip.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty

from . import automatic, previews

__all__ = ["register", "unregister"]

_VIEWS = (
    ("PLATE", "Plate", "The strip's own frame", "IMAGE_RGB", 0),
    ("MATTE", "Matte", "What the active region covers", "IMAGE_ALPHA", 1),
    ("RESULT", "Result", "The frame as it is painted", "BRUSH_DATA", 2),
)


def _switched(options: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    previews.step()
    previews.redraw()


def _made_automatic(options: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    automatic.look_soon()


class BrushpassPreviewOptions(bpy.types.PropertyGroup):
    """Switches of the preview."""

    view: EnumProperty(name="View", description="What the preview shows", items=_VIEWS, default=2, update=_switched)
    overlay: BoolProperty(
        name="Show in Preview",
        description="Show it in the sequencer's preview, on the frame that it was made of",
        default=True,
        update=_switched,
    )
    automatic: BoolProperty(
        name="Automatic",
        description="Preview again when settings, strip or frame have changed",
        update=_made_automatic,
    )


def register() -> None:
    bpy.utils.register_class(BrushpassPreviewOptions)
    bpy.types.WindowManager.brushpass_preview = PointerProperty(type=BrushpassPreviewOptions, options={"SKIP_SAVE"})


def unregister() -> None:
    del bpy.types.WindowManager.brushpass_preview
    bpy.utils.unregister_class(BrushpassPreviewOptions)
