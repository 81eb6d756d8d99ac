"""Objects of a plate, written where a search would leave them, when a script inside Blender asks for it.

Each object is a rectangle of the frame. ``person 1`` is the left half in all frames,
``car 2`` the upper right quarter in all but the first, ``person 3`` the lower right quarter in
the first two. Any more are persons without a matte.
"""

from __future__ import annotations

import json
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from nst_backend.contract.messages import SilentReporter
from nst_backend.contract.recipe import Recipe
from nst_backend.image.boxes import Box
from nst_backend.mattes.shot_objects import ObjectList, ShotObject, write_list, write_mattes
from nst_backend.media.images import write_image
from nst_backend.media.plate import open_plate
from nst_backend.pipeline.objects import plate_objects

__all__ = ["answering", "write_found"]

CLASSES = ("person", "car", "dog")


def write_found(plate_folder: Path, model: str, *, exposure: float = 0.0, many: int = 0, shift: int = 0) -> Path:
    """Write the objects of a plate that the add-on rendered; ``shift`` moves their numbers. Their folder."""
    described = json.loads((plate_folder / "plate.json").read_text(encoding="utf-8"))
    recipe: dict[str, Any] = {
        "version": 1,
        "plate": {
            "path": described["pattern"],
            "frames": f"{described['first']}-{described['last']}",
            "exposure": exposure,
        },
        "regions": [{"name": "plate", "matte": {"everything": {}}, "style": None}],
        "output": {"path": "unused.png"},
    }
    plate = open_plate(described["pattern"], layer=None, base=plate_folder)
    finder = plate_objects(Recipe.from_json(recipe), plate, base=plate_folder, reporter=SilentReporter())
    key, marks = finder._key(model), finder._marks()
    folder = finder._folder(model, key, marks)
    width, height = plate.size
    numbers = sorted(marks)
    boxes = {
        1 + shift: ("person", Box(0, 0, height, width // 2), numbers),
        2 + shift: ("car", Box(0, width // 2, height // 2, width), numbers[1:]),
        3 + shift: ("person", Box(height // 2, width // 2, height, width), numbers[:2]),
    }
    names = {identity: f"{label} {identity}" for identity, (label, _, _) in boxes.items()}
    for number in numbers:
        seen = {identity: box for identity, (_, box, frames) in boxes.items() if number in frames}
        mattes = {identity: (box, np.ones((box.height, box.width), np.float32)) for identity, box in seen.items()}
        write_mattes(folder, number, mattes, (height, width), names)
    scores = {1 + shift: 0.95, 2 + shift: 0.8, 3 + shift: 0.55}
    objects = [
        ShotObject(
            id=identity,
            label=label,
            first=frames[0],
            last=frames[-1],
            frames=len(frames),
            score=scores[identity],
            area=box.area / (width * height),
        )
        for identity, (label, box, frames) in boxes.items()
    ]
    first, last = numbers[0], numbers[-1]
    objects += [
        ShotObject(id=identity, label="person", first=first, last=last, frames=len(numbers), score=0.6, area=0.0)
        for identity in range(4 + shift, 4 + shift + many)
    ]
    (folder / "thumbnails").mkdir(exist_ok=True)
    for entry in objects:
        colour = np.array([entry.id % 3 == channel for channel in range(3)], np.float32)
        picture = np.broadcast_to(colour, (96, 96, 3))
        write_image(folder / "thumbnails" / f"{entry.id}.png", np.ascontiguousarray(picture))
    listed = ObjectList(
        key=key,
        model=model,
        classes=CLASSES,
        marks={str(number): mark for number, mark in marks.items()},
        width=width,
        height=height,
        objects=tuple(objects),
    )
    write_list(folder, listed)
    plate.close()
    return folder


@contextmanager
def answering(folder: Path) -> Iterator[None]:
    """Write the objects that files ``NAME.ask`` in ``folder`` ask for: arguments of :func:`write_found` as JSON.

    The file goes when they are written, or becomes ``NAME.fault``, which says what went wrong.
    """
    over = threading.Event()

    def answer() -> None:
        while not over.wait(0.1):
            for ask in folder.rglob("*.ask"):
                try:
                    asked = json.loads(ask.read_text(encoding="utf-8"))
                    write_found(Path(asked.pop("plate")), asked.pop("model"), **asked)
                except Exception:
                    # Whoever asked would wait for ever.
                    ask.with_suffix(".fault").write_text(traceback.format_exc(), encoding="utf-8")
                ask.unlink()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
