"""What an artist says of styles to be learnt; it lies in the preferences, so that no .blend holds any of it.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

import bpy
from bpy.props import CollectionProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..backend.folders import user_data
from . import styles
from .storage import EXTENSION

__all__ = ["CLASSES", "QUALITIES", "BrushpassTrainingForm", "known_loss_network"]

QUALITIES = {"QUICK": 1500, "THOROUGH": 5000}
"""Steps for each picture."""


def _known_styles(form: bpy.types.PropertyGroup, context: bpy.types.Context, text: str) -> list[str]:
    return [entry.name for entry in styles.catalogue() if entry.ready]


class BrushpassPictureToLearn(bpy.types.PropertyGroup):
    """One picture."""

    name: StringProperty(name="Name", description="What the style is called in recipes and file names")
    title: StringProperty(name="Title", description="What the style is called in the list of styles")
    path: StringProperty(name="Picture", subtype="FILE_PATH")


class BrushpassTrainingForm(bpy.types.PropertyGroup):
    """Pictures, and what they are learnt with; all but the pictures is kept for the next time."""

    pictures: CollectionProperty(type=BrushpassPictureToLearn)
    artist: StringProperty(name="Artist", description="Who painted it, and when; shown with the style")
    licence: StringProperty(name="Licence", description="Terms of the picture, such as 'public domain'; shown with it")
    photographs: StringProperty(
        name="Photographs",
        description="A folder of photographs to practise on, a few hundred of anything; folders in it count too",
        subtype="DIR_PATH",
    )
    joins: StringProperty(
        name="Joins",
        description="A style whose network the new one joins: its brushwork is the beginning; empty: one is chosen",
        search=_known_styles,
    )
    quality: EnumProperty(
        name="Quality",
        items=[
            ("QUICK", "Quick", "1,500 steps for each picture"),
            ("THOROUGH", "Thorough", "5,000 steps for each picture: finer strokes, more of its colours"),
            ("STEPS", "Steps", "As many steps as you say"),
        ],
        default="QUICK",
    )
    steps: IntProperty(
        name="Steps", description="Steps for each picture", default=1500, min=1, soft_min=200, max=100_000
    )
    loss_network: StringProperty(
        name="VGG-19",
        description="Weights of VGG-19, the network that judges the painting; empty: PyTorch's own",
        subtype="FILE_PATH",
    )
    step_seconds: FloatProperty(
        description="What a step took here last; 0 before the first", min=0.0, options={"HIDDEN"}
    )

    @property
    def steps_each(self) -> int:
        """Steps for each picture."""
        return QUALITIES.get(self.quality, self.steps)


def known_loss_network() -> str:
    """The weights that styles are trained with: those that the artist chose, else those that a training fetched.

    Empty where there are neither.
    """
    chosen = str(bpy.context.preferences.addons[EXTENSION].preferences.training.loss_network).strip()
    fetched = sorted((user_data() / "weights").glob("vgg19-*.pth"))
    return chosen or (str(fetched[0]) if fetched else "")


CLASSES = (BrushpassPictureToLearn, BrushpassTrainingForm)
