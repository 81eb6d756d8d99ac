"""What paints a region, and its optimisation: paintings, loss network and options."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Any

import bpy

from ..compositor.style_node.node_owner import node_of
from ..contract.errors import InputError, UsageError
from ..settings.derive import label
from ..settings.optimised import by_optimisation, chosen_paintings, loss_network, unshown, uses_style
from ..settings.owner import Owner, active_owner
from ..settings.painting import is_there, optimisation_fault
from ..settings.paths import absolute_path, from_recipe
from ..settings.training_form import known_loss_network
from ..training import asking
from ..training.names import PICTURES
from .backend_help import backend_help, draw_backend_help
from .key_operators import draw_still
from .operator import RegionOperator
from .problem import draw_problem
from .sections import active_region
from .style_chooser import draw_style
from .thumbnails import picture

__all__ = ["CLASSES", "draw_optimisation", "draw_painter", "paintings_words", "thumbnail_of_painting"]

_WEIGHTS = ("content", "style", "colour", "temporal")


class BRUSHPASS_OT_painting_add(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.painting_add"
    bl_label = "Add Painting"
    bl_description = "Choose pictures of paintings that the region is to be like; several share it by their weights"

    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    files: bpy.props.CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE"})
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Set[str]:
        owner = active_owner(context)
        node = node_of(owner) if owner is not None else None
        if node is not None:
            # The file browser forgets on whose face the button was.
            node.id_data.nodes.active = node
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        folder = Path(bpy.path.abspath(self.directory))
        chosen = [folder / entry.name for entry in self.files if entry.name]
        if not chosen:
            raise InputError("no picture is chosen", remedy="choose one or several")
        for path in chosen:
            if path.suffix.lower() not in PICTURES or not path.is_file():
                raise InputError(f"{path.name} is no picture", remedy="choose a JPEG, PNG or TIFF file")
        paintings = active_region(owner).optimisation.paintings
        for path in chosen:
            paintings.add().path = from_recipe(str(path), folder)


class BRUSHPASS_OT_painting_remove(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.painting_remove"
    bl_label = "Remove Painting"
    bl_description = "Take this painting out of the region; its file stays"

    index: bpy.props.IntProperty(options={"SKIP_SAVE"})

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        active_region(owner).optimisation.paintings.remove(self.index)


class BRUSHPASS_OT_loss_network_pin(RegionOperator, bpy.types.Operator):
    bl_idname = "brushpass.loss_network_pin"
    bl_label = "Pin Loss Network"

    @classmethod
    def description(cls, context: bpy.types.Context, properties: Any) -> str:
        owner = active_owner(context)
        region = active_region(owner) if owner is not None else None
        if region is not None and region.optimisation.loss_network:
            return "The file names this loss network: take the one that styles are trained with instead"
        return (
            "This machine's loss network, with which styles are trained too: let the file name it, for other machines"
        )

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        region: Any = active_region(owner)
        network = loss_network(region)
        if not network:
            raise UsageError("there is no loss network yet", remedy="choose the file of VGG-19's weights")
        group = region.optimisation
        group.loss_network = "" if group.loss_network else from_recipe(network, Path())


def draw_painter(layout: bpy.types.UILayout, region: bpy.types.PropertyGroup) -> None:
    """What paints a region, and its style or its paintings."""
    layout.row().prop(region, "painted_by", expand=True)
    if by_optimisation(region):
        _draw_paintings(layout, region)
    if uses_style(region):
        draw_style(layout, region)
    elif (trouble := backend_help()) is not None:
        draw_backend_help(layout, trouble)


def draw_optimisation(layout: bpy.types.UILayout, owner: Owner, region: bpy.types.PropertyGroup) -> None:
    """The options of a region's optimisation."""
    group = region.optimisation
    row = layout.row(align=True)
    if group.loss_network:
        row.prop(group, "loss_network")
    else:
        row.prop(asking.form(), "loss_network", text="Loss Network", placeholder=Path(known_loss_network()).name)
    pin = BRUSHPASS_OT_loss_network_pin.bl_idname
    row.operator(pin, text="", icon="PINNED" if group.loss_network else "UNPINNED", emboss=False)
    column = layout.column(align=True)
    for option in ("size", "style_size"):
        draw_still(column, group, option)
    column = layout.column(align=True)
    for option in ("scales", "steps", *(("following_steps",) if group.temporal else ())):
        draw_still(column, group, option)
    draw_still(layout, group, "start")
    column = layout.column(align=True)
    for option in _WEIGHTS:
        draw_still(column, group, option, text=f"{label(option)} Weight")
    column = layout.column()
    for option in ("luminance_only", "match_colour"):
        column.prop(group, option)
    kept = ", ".join(label(name) for name in unshown(region))
    if kept:
        draw_problem(layout, f"Kept as the recipe has it: {kept}", icon="INFO")
    draw_problem(layout, _effort(owner, group), icon="INFO")


def paintings_words(region: bpy.types.PropertyGroup) -> str:
    """What a region is painted like, in a word or two."""
    paintings = chosen_paintings(region)
    if not paintings:
        return "Add a Painting"
    return (
        bpy.path.display_name_from_filepath(paintings[0].path) if len(paintings) == 1 else f"{len(paintings)} Paintings"
    )


def thumbnail_of_painting(region: bpy.types.PropertyGroup) -> int:
    """The icon of a region's first painting, 0 where it has none."""
    return next((_icon(painting) for painting in chosen_paintings(region)), 0)


def _icon(painting: bpy.types.PropertyGroup) -> int:
    return picture(Path(absolute_path(painting.path.strip(), painting)))


def _draw_paintings(layout: bpy.types.UILayout, region: bpy.types.PropertyGroup) -> None:
    paintings = region.optimisation.paintings
    column = layout.column(align=True)
    column.use_property_split = False
    for index, painting in enumerate(paintings):
        row = column.row(align=True)
        icon = _icon(painting)
        if icon:
            row.label(text="", icon_value=icon)
        else:
            row.label(text="", icon="IMAGE_DATA")
        path = row.row(align=True)
        path.alert = not is_there(painting.path, painting)
        path.prop(painting, "path", text="")
        if len(paintings) > 1:
            weight = row.row(align=True)
            weight.ui_units_x = 3
            weight.prop(painting, "weight", text="")
        row.operator(BRUSHPASS_OT_painting_remove.bl_idname, text="", icon="REMOVE").index = index
    column.operator(BRUSHPASS_OT_painting_add.bl_idname, icon="ADD")
    fault = optimisation_fault(region)
    if fault is not None:
        draw_problem(layout, fault.sentence())


def _effort(owner: Owner, group: bpy.types.PropertyGroup) -> str:
    steps = group.scales * group.steps
    if not group.temporal or owner.settings.motion.flow == "none":
        return f"{steps} steps for each frame: minutes"
    return f"{steps} steps for the first frame, {group.following_steps} for each that follows: minutes a frame"


CLASSES = (BRUSHPASS_OT_painting_add, BRUSHPASS_OT_painting_remove, BRUSHPASS_OT_loss_network_pin)
