"""Images of the file as pictures on disk."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import bpy

from .. import preferences
from ..compat import set_file_format
from ..contract.errors import InputError, as_fault

__all__ = ["write_image"]

_FOLDER = "learning"


def write_image(image: bpy.types.Image) -> Path:
    """A PNG of an image as it is seen with the view transform Standard, in the cache.

    Raises :class:`InputError` where it has no pixels or cannot be written.
    """
    size: Any = image.size
    if not image.has_data and not size[0]:
        raise InputError(f"the image {image.name!r} has no pixels", remedy="reload it, or choose another")
    folder = preferences.cache().claim() / _FOLDER / uuid.uuid4().hex[:12]
    path = folder / "picture.png"
    scene = bpy.data.scenes.new("Brushpass Writing")
    try:
        folder.mkdir(parents=True)
        set_file_format(scene.render.image_settings, "PNG")
        scene.render.image_settings.color_mode = "RGB"
        scene.view_settings.view_transform = "Standard"
        image.save_render(str(path), scene=scene)
    except OSError as error:
        raise as_fault(error) or error from error
    except RuntimeError as error:
        raise InputError(
            f"the image {image.name!r} cannot be written", remedy="reload it, or choose another"
        ) from error
    finally:
        bpy.data.scenes.remove(scene)
    if not path.is_file():
        raise InputError(f"the image {image.name!r} cannot be written", remedy="reload it, or choose another")
    return path
