"""Examples made ready once, in the run's folder: what a step takes costs little, and stays what it was."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ...contract.codec import encode
from ...contract.errors import InputError
from ...media.atomic import write_bytes_atomic
from .examples import Example, ExampleSource
from .recipe import SegmenterRecipe

__all__ = ["ExampleStore", "source_key"]

INDEX = "examples.json"
_REMEDY = "remove the folder, to have them made anew"


def source_key(recipe: SegmenterRecipe, chosen: Sequence[tuple[ExampleSource, int]]) -> str:
    """Changes when what the examples are made from does."""
    digest = hashlib.sha256()
    shaping = [encode(recipe.classes), recipe.layer, recipe.least_area, encode(recipe.network)]
    digest.update(json.dumps(shaping, sort_keys=True).encode())
    for source, index in chosen:
        digest.update(source.fingerprint(index).encode() + b"\0")
    return digest.hexdigest()


class ExampleStore:
    """Examples by number, in a folder; ``objects`` tells the labels that each holds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key, self.objects = self._index()

    def __len__(self) -> int:
        return len(self.objects)

    def fill(
        self,
        chosen: Sequence[tuple[ExampleSource, int]],
        key: str,
        on_example: Callable[[int, int], None],
    ) -> None:
        """Make what is not there yet; ``on_example`` hears (done, total).

        Raises :class:`InputError` for what cannot be read, or of which there is none.
        """
        if self.key == key:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / INDEX).unlink(missing_ok=True)
        objects = []
        for number, (source, index) in enumerate(chosen):
            example = source.read(index)
            write_bytes_atomic(self._path(number), _packed(example))
            objects.append(example.labels)
            on_example(number + 1, len(chosen))
        write_bytes_atomic(self.folder / INDEX, json.dumps({"key": key, "objects": objects}).encode())
        self.key, self.objects = key, tuple(objects)

    def __getitem__(self, number: int) -> Example:
        path = self._path(number)
        try:
            with np.load(path, allow_pickle=False) as data:
                picture = data["picture"]
                height, width = picture.shape[:2]
                masks = np.unpackbits(data["masks"], axis=-1, count=width).astype(np.bool_)
                ignored = np.unpackbits(data["ignored"], axis=-1, count=width).astype(np.bool_)
                labels = tuple(data["labels"].tolist())
                name = str(data["name"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(f"the example {path} cannot be read", remedy=_REMEDY) from error
        if masks.shape != (len(labels), height, width) or ignored.shape != (height, width):
            raise InputError(f"the example {path} is damaged", remedy=_REMEDY)
        return Example(name=name, picture=picture, labels=labels, masks=masks, ignored=ignored)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:05d}.npz"

    def _index(self) -> tuple[str, tuple[tuple[int, ...], ...]]:
        try:
            data = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
            return str(data["key"]), tuple(tuple(map(int, labels)) for labels in data["objects"])
        except FileNotFoundError:
            return "", ()
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise InputError(f"{self.folder / INDEX} is damaged", remedy=_REMEDY) from error


def _packed(example: Example) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(
        stream,
        picture=example.picture,
        labels=np.array(example.labels, np.int64),
        masks=np.packbits(example.masks, axis=-1),
        ignored=np.packbits(example.ignored, axis=-1),
        name=np.array(example.name),
    )
    return stream.getvalue()
