"""``nst train-mattes``: teach a network to find the artist's own characters."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.codec import decode
from ..contract.errors import ExitCode, UsageError
from ..contract.messages import Event, EventKind
from ..contract.recipe import ComputeOptions
from ..segmentation.mask_rcnn_options import MaskRCNNOptions
from ..training.segmenters.recipe import Augmentation, SegmenterRecipe
from .options import add_options, given_options
from .progress import add_device, add_progress
from .reporters import QuietReporter
from .training_recipe import read_recipe_file

if TYPE_CHECKING:
    from ..training.segmenters.measure import Judgement
    from ..training.segmenters.session import Material

__all__ = ["add", "derive_segmenter_recipe", "read_segmenter_recipe", "run"]

_PARTS = ("classes", "network", "augmentation")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = (
        "Teach a network to find your own characters, from renders with Cryptomatte or from COCO annotations. "
        "Resumes where it stopped."
    )
    parser = commands.add_parser("train-mattes", help=text, description=text, allow_abbrev=False)
    parser.add_argument(
        "recipe", nargs="?", metavar="RECIPE", help="a training recipe (.json); made from the options if left out"
    )
    parser.add_argument(
        "--plates",
        action="extend",
        nargs="+",
        default=[],
        metavar="PLATE",
        help="multilayer EXR with Cryptomatte: folders or patterns",
    )
    parser.add_argument(
        "--annotations",
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="annotations of pictures in COCO's format",
    )
    parser.add_argument(
        "--pictures", metavar="FOLDER", help="where the annotated pictures lie (default: beside the annotations)"
    )
    parser.add_argument(
        "--class",
        dest="classes",
        action="append",
        type=lambda value: _class(value, "--class", each=False),
        metavar="NAME=NAMES",
        help="a label and what it stands for, as one object: hero=Suzanne,Hair*; may be repeated",
    )
    parser.add_argument(
        "--each",
        dest="classes",
        action="append",
        type=lambda value: _class(value, "--each", each=True),
        metavar="NAME=NAMES",
        help="the same, each name being an object of its own: car=Car.*",
    )
    parser.add_argument(
        "--judge",
        action="extend",
        nargs="+",
        default=[],
        metavar="PLATE|FILE",
        help="plates or annotations to judge by instead of the ends of those that are learnt from",
    )
    parser.add_argument(
        "--start", metavar="NAME|FILE", help="weights to tune: mask_rcnn for those of COCO, or a file (default: none)"
    )
    parser.add_argument(
        "--run", dest="folder", metavar="FOLDER", help="examples, state, log and samples (default: NAME.training)"
    )
    parser.add_argument(
        "-o", "--out", metavar="FOLDER", help="where card and weights go (default: segmenter in the run's folder)"
    )
    parser.add_argument("--until", type=int, metavar="N", help="stop at this step and write what there is")
    parser.add_argument("--licence", default="", metavar="TEXT", help="terms of the weights, for the card")
    add_progress(parser)
    add_device(parser)
    add_options(parser, SegmenterRecipe, skip=_PARTS, title="training (without a recipe)")
    add_options(parser, MaskRCNNOptions, title="the network (without a recipe)")
    add_options(parser, Augmentation, title="variation of the pictures (without a recipe)")
    parser.set_defaults(run=run, patience=None)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Train, and print the card's path and how the network did on what was held out."""
    recipe = _recipe(arguments)
    if arguments.until is not None and arguments.until < 1:
        raise UsageError(f"--until is {arguments.until}", remedy="give a step from 1")
    material = _material(arguments.plates, arguments.annotations, arguments.pictures)
    judge_by = _material(
        [path for path in arguments.judge if not path.endswith(".json")],
        [path for path in arguments.judge if path.endswith(".json")],
        arguments.pictures,
    )
    from ..pipeline.device import choose_device
    from ..training.segmenters.session import train_segmenter

    trained = train_segmenter(
        recipe,
        material,
        judge_by=judge_by,
        start=_start(arguments.start, reporter),
        run=Path(arguments.folder or f"{recipe.name}.training"),
        out=Path(arguments.out) if arguments.out else None,
        until=arguments.until,
        licence=arguments.licence,
        device=choose_device(decode(ComputeOptions, given_options(arguments, ComputeOptions))),
        reporter=reporter,
    )
    summary = {"card": str(trained.card), "judged": vars(trained.judgement)}
    reporter.emit(Event(EventKind.DONE, {"summary": summary}))
    if not reporter.machine_readable:
        print(f"{trained.card}\n{_told(trained.judgement)}")
    return ExitCode.DONE


def read_segmenter_recipe(path: Path) -> SegmenterRecipe:
    """Read and validate a training recipe; raises what :func:`read_recipe_file` does."""
    return read_recipe_file(SegmenterRecipe, path)


def derive_segmenter_recipe(
    classes: list[dict[str, Any]],
    given: dict[str, Any],
    network: dict[str, Any],
    variation: dict[str, Any],
    tuned: bool,
) -> SegmenterRecipe:
    """A recipe from options; without weights to start from the network is the small one."""
    own = (
        {"network": "resnet50_fpn_v2"}
        if tuned
        else {"network": "small", "levels": 4, "short_side": 360, "long_side": 640}
    )
    rate = {"rate": 1e-4} if tuned else {}
    data = {"name": "segmenter", **rate, **given, "classes": classes}
    return decode(SegmenterRecipe, {**data, "network": {**own, **network}, "augmentation": variation})


def _recipe(arguments: argparse.Namespace) -> SegmenterRecipe:
    given = given_options(arguments, SegmenterRecipe)
    network, variation = given_options(arguments, MaskRCNNOptions), given_options(arguments, Augmentation)
    if arguments.recipe is None:
        if not arguments.classes:
            raise UsageError("no class is given", remedy="name what is to be found: --class hero=Suzanne,Hair*")
        return derive_segmenter_recipe(arguments.classes, given, network, variation, arguments.start is not None)
    both = [*given, *network, *variation, *(["class"] if arguments.classes else [])]
    if both:
        flag = "--" + both[0].replace("_", "-")
        raise UsageError(f"{flag} does not go with a recipe", remedy=f"set it in {Path(arguments.recipe).name}")
    return read_segmenter_recipe(Path(arguments.recipe))


def _class(text: str, flag: str, *, each: bool) -> dict[str, Any]:
    name, equals, names = text.partition("=")
    listed = [entry.strip() for entry in names.split(",") if entry.strip()]
    if not (name.strip() and equals and listed):
        raise UsageError(f"{flag} {text!r} is no class", remedy="write it like hero=Suzanne,Hair*")
    return {"name": name.strip(), "names": listed, "each": each}


def _material(plates: list[str], annotations: list[str], pictures: str | None) -> Material:
    from ..training.segmenters.session import Material

    return Material(
        plates=tuple(map(Path, plates)),
        annotations=tuple(map(Path, annotations)),
        pictures=Path(pictures) if pictures else None,
    )


def _start(given: str | None, reporter: QuietReporter) -> Path | None:
    if given is None:
        return None
    from ..segmentation.architectures.mask_rcnn import ARCHITECTURE
    from ..weights.published import fetch_published

    if given in ARCHITECTURE.published:
        return fetch_published(ARCHITECTURE.published[given].file, reporter=reporter)
    return Path(given)


def _told(judgement: Judgement) -> str:
    return (
        f"on {judgement.frames} frames held out, {judgement.objects} objects: mean IoU {judgement.mean_iou:.3f}, "
        f"{judgement.detected:.0%} found, {judgement.false_positives:.2f} false ones a frame"
    )
