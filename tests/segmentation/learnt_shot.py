"""The held-out shot of the characters, rendered in a real Blender, with its truth; and the network that learnt them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from blenders import ROOT

from build_tools.locks import locked
from nst_backend.cli.train_mattes import read_segmenter_recipe
from nst_backend.contract.messages import SilentReporter
from nst_backend.segmentation.detection import Segmenter
from nst_backend.segmentation.registry import open_segmenter
from nst_backend.training.segmenters.examples import Example
from nst_backend.training.segmenters.plates import open_plates
from nst_backend.training.segmenters.recipe import SegmenterRecipe

if TYPE_CHECKING:
    from blenders import Blender

CARD = Path(__file__).parent / "data" / "characters.segmenter.json"
RECIPE = ROOT / "demo" / "characters" / "recipe.json"
SHOT = "held-out"
_SETTINGS = ("--shots", SHOT, "--size", "320x180", "--samples", "12", "--threads", "1")


def rendered_shot(blender: Blender) -> Path:
    """The shot's folder, rendered once for each state of the scene; read, never write."""
    cached = Path(os.environ.get("BRUSHPASS_TEST_CACHE", "") or tempfile.gettempdir())
    folder = cached / f"characters-{blender.version}-{_key(blender)}"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_suffix(folder.suffix + ".lock"), waiting="another process renders the characters"):
        if not (folder / "complete").exists():
            blender.run("demo.characters.render", "--out", folder, *_SETTINGS, timeout=1800.0)
            (folder / "complete").touch()
    return folder / SHOT


@cache
def recipe() -> SegmenterRecipe:
    """The recipe that the network was trained by."""
    return read_segmenter_recipe(RECIPE)


def truth(folder: Path) -> list[Example]:
    """Every frame with its Cryptomatte as the truth."""
    (plate,) = open_plates([folder], recipe())
    return [plate.read(index) for index in range(len(plate))]


def learnt_segmenter() -> Segmenter:
    """The trained network."""
    return open_segmenter(CARD.name, base=CARD.parent, device="cpu", half=False, reporter=SilentReporter())


def _key(blender: Blender) -> str:
    digest = hashlib.sha256(repr((_SETTINGS, str(blender.python))).encode())
    for source in sorted((ROOT / "demo").rglob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]
