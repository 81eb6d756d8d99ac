"""Examples from annotations in COCO's format: pictures and footage that somebody outlined."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath

from ...contract.errors import InputError, UsageError, nearest
from ...mattes.coco import CocoAnnotation, CocoAnnotations, CocoImage, annotation_coverage, read_annotations
from ...media.images import read_image
from ...media.plate import file_fingerprint
from .examples import Example, make_example
from .recipe import SegmenterRecipe

__all__ = ["AnnotatedExamples", "open_annotations"]


class AnnotatedExamples:
    """The pictures of one file of annotations that hold objects of the recipe's classes."""

    def __init__(self, annotations: CocoAnnotations, folder: Path, recipe: SegmenterRecipe) -> None:
        self.annotations = annotations
        self.folder = folder
        self.recipe = recipe
        labels = _labels(annotations, recipe)
        self._objects: dict[int, list[tuple[int, CocoAnnotation]]] = {}
        for entry in annotations.annotations:
            for label in labels.get(entry.category_id, ()):
                self._objects.setdefault(entry.image_id, []).append((label, entry))
        self.images = tuple(image for image in annotations.images if image.id in self._objects)
        if not self.images:
            raise InputError(
                f"{annotations.name} outlines nothing of {', '.join(recipe.labels)}",
                remedy="annotate some pictures, or check the classes",
            )
        for image in self.images:
            if not self._file(image).is_file():
                raise InputError(
                    f"the picture {image.file_name!r} of {annotations.name} is not in {folder}",
                    remedy="give --pictures",
                )

    @property
    def name(self) -> str:
        return str(self.annotations.path)

    def __len__(self) -> int:
        return len(self.images)

    def fingerprint(self, index: int) -> str:
        image = self.images[index]
        return file_fingerprint(self._file(image), False, self._objects[image.id])

    def read(self, index: int) -> Example:
        image = self.images[index]
        picture, _ = read_image(self._file(image))
        height, width = picture.shape[:2]
        if (width, height) != (image.width, image.height):
            raise InputError(
                f"{image.file_name} is {width}x{height}, {self.annotations.name} says {image.width}x{image.height}",
                remedy="give the pictures that were annotated",
            )
        found = [
            (label, partial(annotation_coverage, self.annotations, image, (entry,), height, width))
            for label, entry in self._objects[image.id]
        ]
        return make_example(
            image.file_name,
            picture,
            found,
            network=self.recipe.network,
            least_area=self.recipe.least_area,
        )

    def _file(self, image: CocoImage) -> Path:
        parts = PurePosixPath(image.file_name.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in image.file_name or "\0" in image.file_name:
            raise InputError(
                f"{self.annotations.name} names the picture {image.file_name!r}", remedy="keep pictures in one folder"
            )
        return self.folder / parts


def open_annotations(path: Path, folder: Path | None, recipe: SegmenterRecipe) -> AnnotatedExamples:
    """The pictures of a file of annotations; ``folder`` holds them, that of the file by default.

    Raises :class:`InputError` for what is missing or holds nothing of the classes, :class:`UsageError` with the
    nearest names for a class that the file has no category for.
    """
    return AnnotatedExamples(read_annotations(path), folder or path.parent, recipe)


def _labels(file: CocoAnnotations, recipe: SegmenterRecipe) -> Mapping[int, list[int]]:
    """Labels by the file's category."""
    result: dict[int, list[int]] = {}
    for label, rule in enumerate(recipe.classes):
        for name in rule.names:
            found = [number for number, category in file.categories.items() if category == name]
            if not found:
                raise UsageError(
                    f"class {rule.name!r}: {file.name} has no category {name!r}",
                    remedy=nearest(name, file.categories.values()),
                )
            for number in found:
                result.setdefault(number, []).append(label)
    return result
