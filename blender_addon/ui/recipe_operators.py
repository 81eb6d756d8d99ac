"""Recipes in and out of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ..contract.recipe import PlateOptions, load_recipe
from ..json_files import write_json
from ..settings.mattes import movie_path
from ..settings.owner import Owner
from ..settings.recipe import apply_recipe, default_mask_path, to_recipe
from .operator import OwnerOperator

__all__ = ["CLASSES"]

_PLATE = "plate.####.exr"
_OUTPUT = "styled.####.exr"


class BRUSHPASS_OT_recipe_import(OwnerOperator, bpy.types.Operator, ImportHelper):
    bl_idname = "brushpass.recipe_import"
    bl_label = "Import Recipe"
    bl_description = "Replace all settings by those of a recipe file; its plate and output are not taken"

    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        path = Path(bpy.path.abspath(self.filepath))
        recipe = load_recipe(path)
        apply_recipe(owner, recipe, base=path.parent)
        self.report({"INFO"}, f"{len(recipe.regions)} regions from {path.name}")


class BRUSHPASS_OT_recipe_export(OwnerOperator, bpy.types.Operator, ExportHelper):
    bl_idname = "brushpass.recipe_export"
    bl_label = "Export Recipe"
    bl_description = "Write the settings as a recipe file, which styles the same on the command line or a farm"
    bl_options: ClassVar = {"REGISTER"}

    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})
    plate: bpy.props.StringProperty(
        name="Plate", description="The frames that come in, relative to the recipe", default=_PLATE
    )
    output: bpy.props.StringProperty(
        name="Output", description="The frames that go out, relative to the recipe", default=_OUTPUT
    )

    def act(self, context: bpy.types.Context, owner: Owner) -> None:
        path = Path(bpy.path.abspath(self.filepath))
        recipe = to_recipe(owner, plate=PlateOptions(path=self.plate), output=self.output, base=path.parent)
        write_json(path, recipe.to_json())
        rendered = [
            region for region in owner.settings.regions if region.matte.kind in ("MASK", "STRIP") or movie_path(region)
        ]
        if rendered:
            region = rendered[0]
            self.report(
                {"WARNING"}, f"Render the matte of {region.name!r} to {default_mask_path(region)} beside the recipe"
            )
        else:
            self.report({"INFO"}, f"Wrote {path.name}")


CLASSES = (BRUSHPASS_OT_recipe_import, BRUSHPASS_OT_recipe_export)
