"""The preview as an image of Blender, for Image Editors and scripts; it is not saved with the file."""

from __future__ import annotations

import bpy

from .pictures import Array, as_scene_linear, rows_up

__all__ = ["IMAGE_NAME", "find_image", "remove_image", "show_image"]

IMAGE_NAME = "Brushpass Preview"


def find_image() -> bpy.types.Image | None:
    """The image, once something was previewed."""
    image = bpy.data.images.get(IMAGE_NAME)
    return image if image is not None and image.is_runtime_data else None


def show_image(picture: Array) -> bpy.types.Image:
    """Give the image the pixels of ``(H, W, 4)`` RGBA, sRGB with straight alpha, rows from the top.

    It holds them scene-linear, as every float image: Image Editors show them as they are here.
    """
    height, width = picture.shape[:2]
    image = find_image()
    if image is None:
        image = bpy.data.images.new(IMAGE_NAME, width, height, alpha=True, float_buffer=True)
        image.is_runtime_data = True
    elif tuple(image.size) != (width, height):  # type: ignore[arg-type]  # two numbers
        image.scale(width, height)
    image.pixels.foreach_set(rows_up(as_scene_linear(picture)))  # type: ignore[arg-type]  # any buffer
    image.update()
    return image


def remove_image() -> None:
    """Take it away, from Image Editors too."""
    image = find_image()
    if image is not None:
        bpy.data.images.remove(image)
