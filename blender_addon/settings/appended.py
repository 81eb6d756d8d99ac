"""Settings that are appended with their scene or tree: what they name is called otherwise here, ``//`` is elsewhere.

Blender corrects neither text; it tells which data-blocks came, and from where.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import bpy
from bpy.app.handlers import persistent

from .. import compat
from .matte_names import names_in, rename_in
from .name_memory import Collection, Name
from .owner import all_settings
from .paths import folder_of_library, rebase

__all__ = ["appended", "register", "unregister"]

_CLIPBOARD = "copybuffer"
"""What the files that Blender copies through begin with."""
_COLLECTIONS: Mapping[str, Collection] = {"OBJECT": "objects", "MATERIAL": "materials"}


def appended(context: bpy.types.BlendImportContext) -> Iterator[tuple[bpy.types.ID, str, bpy.types.Library]]:
    """What ``context`` made this file's own, each with its name there and its library.

    What is pasted is none of it, though it comes from a file too.
    """
    for item in context.import_items:
        library = item.source_library
        if item.id is None or library is None or item.append_action not in ("MAKE_LOCAL", "COPY_LOCAL"):
            continue
        if not os.path.basename(library.filepath).startswith(_CLIPBOARD):
            yield item.id, item.name, library


@persistent  # type: ignore[untyped-decorator]
def _imported(context: bpy.types.BlendImportContext) -> None:
    libraries: dict[bpy.types.ID, bpy.types.Library] = {}
    names: dict[Name, Name] = {}
    for data, name, library in appended(context):
        owners = [data]
        if isinstance(data, bpy.types.Scene):
            owners += filter(None, (compat.compositor_tree(data), compat.idle_compositor_tree(data)))
        libraries |= dict.fromkeys(owners, library)
        collection = _COLLECTIONS.get(data.id_type)
        if collection is not None:
            names[collection, name] = collection, data.name
    for settings in all_settings():
        if settings.id_data not in libraries:
            continue
        rebase(settings, folder_of_library(libraries[settings.id_data]))
        for region in settings.regions:
            before = names_in(region.matte)
            after = [names.get(name, name) for name in before]
            if after != list(before):
                rename_in(region.matte, iter(after))


def register() -> None:
    bpy.app.handlers.blend_import_post.append(_imported)


def unregister() -> None:
    bpy.app.handlers.blend_import_post.remove(_imported)
