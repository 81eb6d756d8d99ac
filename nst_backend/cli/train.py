"""``nst train``: learn styles from paintings."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..contract.codec import decode, encode
from ..contract.errors import ExitCode, InputError, UsageError, nearest
from ..contract.messages import Event, EventKind
from ..training.config import TrainingRecipe
from .caller import add_caller, stop_with_caller
from .loss_network import add_loss_network, find_loss_network
from .options import add_options, given_options
from .progress import add_progress
from .reporters import QuietReporter
from .training_recipe import read_recipe_file

__all__ = ["add", "derive_recipe", "read_training_recipe", "run"]

_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
_NOT_ASKED = ("name", "styles", "weights", "network")
# As the shipped recipe has them; the reasons stand in docs/cli.md.
_WEIGHTS = {"style": 4.0, "layers": {"relu1_1": 0.5, "relu2_1": 0.7, "relu3_1": 1.0, "relu4_1": 2.0, "relu5_1": 2.0}}


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Train a network: by a training recipe, or a style for each painting of a folder. Resumes where it stopped."
    parser = commands.add_parser("train", help=text, description=text, allow_abbrev=False)
    parser.add_argument(
        "recipe", nargs="?", metavar="RECIPE", help="a training recipe (.json); made from the paintings if left out"
    )
    parser.add_argument(
        "--paintings",
        "--style-dir",
        metavar="FOLDER",
        help="the folder of the paintings; a recipe that distils another network needs none",
    )
    parser.add_argument(
        "--photos",
        "--content-dir",
        required=True,
        action="extend",
        nargs="+",
        metavar="FOLDER",
        help="folders of photographs to practise on",
    )
    parser.add_argument(
        "--shots",
        action="extend",
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="folders of numbered frames, or videos, to learn to hold still from; multilayer EXR brings exact motion",
    )
    parser.add_argument(
        "--run", dest="folder", metavar="FOLDER", help="state, log and samples (default: NAME.training)"
    )
    parser.add_argument(
        "-o", "--out", metavar="FOLDER", help="where cards and weights go (default: styles in the run's folder)"
    )
    parser.add_argument(
        "--start", metavar="CARD", help="card of a style of the network that the recipe starts_from or distils"
    )
    parser.add_argument("--until", type=int, metavar="N", help="stop at this step and write what there is")
    parser.add_argument(
        "--licence", default="", metavar="TEXT", help="terms of the paintings, for the cards: 'public domain'"
    )
    parser.add_argument(
        "--title",
        dest="titles",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="what people are shown instead of the file's name, without a recipe; may be repeated",
    )
    parser.add_argument("--artist", default="", metavar="TEXT", help="who painted them, without a recipe")
    parser.add_argument(
        "--tensorboard", metavar="FOLDER", help="write losses, samples and a painted film for TensorBoard"
    )
    parser.add_argument(
        "--measure",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="measure the finished styles and write the figures into their cards",
    )
    add_loss_network(parser, fetches=True)
    add_progress(parser)
    add_caller(parser)
    add_options(parser, TrainingRecipe, skip=_NOT_ASKED, title="training (without a recipe)")
    parser.set_defaults(run=run, patience=None)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Train and print the paths of the cards."""
    paintings = Path(arguments.paintings) if arguments.paintings else None
    given = given_options(arguments, TrainingRecipe)
    out = Path(arguments.out) if arguments.out else None
    if arguments.stop_with_caller:
        stop_with_caller(reporter.cancel)
    if arguments.recipe is None:
        if paintings is None:
            raise UsageError("there is neither a recipe nor a folder of paintings", remedy="give --paintings FOLDER")
        recipe = derive_recipe(paintings, given, titles=_titles(arguments.titles), artist=arguments.artist)
        if out is not None:
            _refuse_taken(recipe, out)
    elif given or arguments.titles or arguments.artist:
        flag = "--" + next(iter([*given, *(("title",) if arguments.titles else ("artist",))])).replace("_", "-")
        raise UsageError(f"{flag} does not go with a recipe", remedy=f"set it in {Path(arguments.recipe).name}")
    else:
        recipe = read_training_recipe(Path(arguments.recipe))
    if arguments.until is not None and arguments.until < 1:
        raise UsageError(f"--until is {arguments.until}", remedy="give a step from 1")
    fetch = reporter if arguments.fetch_loss_network else None
    weights = None if recipe.distils else find_loss_network(arguments.loss_network, fetch=fetch)
    from ..training.session import train

    cards = train(
        recipe,
        paintings=paintings,
        photos=[Path(folder) for folder in arguments.photos],
        shots=[Path(folder) for folder in arguments.shots],
        loss_network=weights,
        run=Path(arguments.folder or f"{recipe.name}.training"),
        out=out,
        start=Path(arguments.start) if arguments.start else None,
        until=arguments.until,
        licence=arguments.licence,
        board=Path(arguments.tensorboard) if arguments.tensorboard else None,
        measure=arguments.measure,
        reporter=reporter,
    )
    reporter.emit(Event(EventKind.DONE, {"summary": {"cards": [str(card) for card in cards]}}))
    if not reporter.machine_readable:
        print("\n".join(map(str, cards)))
    return ExitCode.DONE


def read_training_recipe(path: Path) -> TrainingRecipe:
    """Read and validate a training recipe; raises what :func:`read_recipe_file` does."""
    return read_recipe_file(TrainingRecipe, path)


def derive_recipe(
    folder: Path, given: dict[str, Any], *, titles: Mapping[str, str] | None = None, artist: str = ""
) -> TrainingRecipe:
    """A recipe with one style for each picture in ``folder``, named after its file.

    ``titles``: by name, what people are shown. Raises :class:`InputError` where there is no picture,
    :class:`UsageError` for a title of none.
    """
    if not folder.is_dir():
        raise InputError(f"no folder {folder}", remedy="give the folder of the paintings")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    if not files:
        raise InputError(f"no paintings in {folder}", remedy="put JPEG or PNG pictures there")
    titles = titles or {}
    names = [_slug(path.stem) for path in files]
    for name in titles:
        if name not in names:
            raise UsageError(f"--title is given for {name!r}, which is no painting", remedy=nearest(name, names))
    styles = [
        {"name": name, "title": titles.get(name) or _title(path.stem), "artist": artist, "painting": path.name}
        for name, path in zip(names, files, strict=True)
    ]
    network: dict[str, Any] = {"leak": 0.2}
    if given.get("joins"):
        from ..styles.library import StyleLibrary

        network = encode(StyleLibrary().find(given["joins"]).card.config)
    data = {
        "name": _slug(folder.resolve().name),
        "styles": styles,
        "network": {**network, "styles": len(styles)},
        "weights": _WEIGHTS,
        **given,
    }
    return decode(TrainingRecipe, data)


def _titles(given: Sequence[str]) -> dict[str, str]:
    titles: dict[str, str] = {}
    for text in given:
        name, equals, title = text.partition("=")
        if not (name and equals and title.strip()):
            raise UsageError(f"--title is {text!r}", remedy="write NAME=TEXT, such as the_wave='The Great Wave'")
        titles[name] = title.strip()
    return titles


def _refuse_taken(recipe: TrainingRecipe, folder: Path) -> None:
    """Names that come from files are chosen by accident: a style of another training stays.

    Raises :class:`UsageError`.
    """
    from ..styles.card import SUFFIX, read_card

    cards = {style.name: folder / f"{style.name}{SUFFIX}" for style in recipe.styles}
    for name, path in cards.items():
        if path.exists() and _training_of(read_card(path).extra.get("training")) != recipe:
            raise UsageError(f"a style {name!r} is in {folder}", remedy="rename the painting, or give another --out")
    network = folder / f"{recipe.name}.safetensors"
    if network.exists() and not any(path.exists() for path in cards.values()):
        raise UsageError(
            f"a network {network.name!r} is in {folder}", remedy="rename the paintings' folder, or give another --out"
        )


def _training_of(data: Any) -> TrainingRecipe | None:
    try:
        return decode(TrainingRecipe, data)
    except UsageError:
        return None


def _slug(stem: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", stem.casefold()).strip("_") or "styles"


def _title(stem: str) -> str:
    return re.sub(r"[_-]+", " ", stem).strip()
