"""A training session from start to cards: pictures found, the run resumed, samples and styles written."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ..contract.codec import decode, encode
from ..contract.errors import CancelledByUser, InputError, UsageError
from ..contract.messages import Event, EventKind, Reporter
from ..media.atomic import write_bytes_atomic
from ..media.board import Board
from ..styles.card import Artwork, StyleCard
from ..styles.config import NetworkConfig
from ..styles.joining import with_rows_of
from ..styles.library import LibraryStyle
from ..styles.loss_networks import load_loss_network
from ..styles.saving import save_small, save_styles
from ..weights.files import file_sha256
from .config import TrainingRecipe
from .data import ContentPictures, LeftOut, find_pictures
from .distilling import DistillingObjective
from .lineage import family, first_network, joined_rows, joined_style, teacher_network, teacher_style
from .measuring import measure_styles
from .motion import MotionPairs, open_shots
from .objective import Objective, Shifted
from .samples import Samples, sample_film, sample_photos
from .trainer import TrainingRun, TrainingStep

__all__ = ["train"]

# Kept out of training, so that styles are judged on pictures that no network was trained on.
HELD_OUT = 20
RECIPE = "recipe.json"
HELD_OUT_LIST = "held_out.txt"
LEFT_OUT_LIST = "left_out.txt"


def train(
    recipe: TrainingRecipe,
    *,
    paintings: Path | None,
    photos: Sequence[Path],
    shots: Sequence[Path] = (),
    loss_network: Path | None,
    run: Path,
    out: Path | None = None,
    start: Path | None = None,
    until: int | None = None,
    licence: str = "",
    board: Path | None = None,
    measure: bool = True,
    reporter: Reporter,
) -> list[Path]:
    """Train, or go on training, and write the averaged network with a card for each style.

    ``paintings``: the folder of the recipe's paintings. ``photos``: folders of
    photographs; where there are enough, twenty are kept out of training, listed in
    ``held_out.txt``, and samples are made of two of them; those that cannot be used are
    left out, listed in ``left_out.txt`` and counted in the cards. ``shots``: folders of
    numbered frames and videos for the terms of flow; multilayer EXR brings exact
    motion. ``run``: the folder of the state, log and ``samples``; a state found
    there is continued. ``out``: where cards and weights go, ``run/styles`` by
    default. ``start``: the card of a style of the network that the recipe starts from
    or distils; to distil takes neither paintings nor a loss network, and what learns
    is written into the cards of its teacher. Styles that join a network of ``out`` under its own name are added
    to its file, and the cards of those that it held name the new one. ``until``: the step to stop at before the
    recipe's last. ``licence``: the terms of the paintings, written into the cards.
    ``board``: a folder for TensorBoard. ``measure``: whether the finished styles are
    measured on flats and on photographs that were kept out, and the figures written
    into their cards.

    Returns the cards' paths. Raises :class:`InputError` for missing or unreadable
    files, :class:`UsageError` for a run folder of another recipe,
    :class:`CancelledByUser` after saving the state when told to stop.
    """
    if start is not None and not (recipe.starts_from or recipe.distils):
        raise UsageError("--start goes with a recipe that has starts_from or distils", remedy="leave --start out")
    joined = joined_style(recipe)
    teacher = teacher_style(recipe, start, joined)
    objective: Shifted
    if teacher is not None:
        objective, judge = DistillingObjective(recipe, teacher_network(recipe, teacher)), None
    else:
        objective, judge = _by_paintings(recipe, paintings, loss_network)
    content, held_out = _held_out(find_pictures(photos))
    _claim(run, recipe)
    write_bytes_atomic(run / HELD_OUT_LIST, "".join(f"{path}\n" for path in held_out).encode())
    left_out = LeftOut(run / LEFT_OUT_LIST)
    pictures = ContentPictures(
        content, side=recipe.crop, flats=recipe.flats, dark=recipe.dark, seed=recipe.seed, left_out=left_out
    )
    base = None if joined is None else joined.load()
    rows = list(range(len(recipe.styles))) if joined is None else joined_rows(recipe, joined)
    pairs = MotionPairs(
        pictures.photograph,
        open_shots(shots) if shots else None,
        side=recipe.crop,
        synthetic=recipe.synthetic,
        seed=recipe.seed,
    )
    state = TrainingRun(recipe, objective, pictures, run, first_network(recipe, joined, start), pairs)
    photographs = sample_photos(held_out, recipe.network.stride, left_out)
    opened = contextlib.nullcontext() if board is None else Board(board, start=state.step + 1 if state.step else 0)

    def warn(problem: str, remedy: str) -> None:
        reporter.emit(Event(EventKind.WARNING, {"problem": problem, "remedy": remedy}))

    with opened as shown:
        film = [] if shown is None else sample_film(pairs.shots, recipe.network.stride)
        samples = Samples(run / "samples", photographs, film=film, board=shown)

        def on_step(step: TrainingStep) -> None:
            data = {"stage": "train", "done": step.step, "total": step.steps, "seconds": step.seconds}
            reporter.emit(Event(EventKind.PROGRESS, {**data, "losses": step.losses}))
            samples.after(step, state)
            if reporter.cancelled():
                state.save()
                samples.write(state)
                raise CancelledByUser(f"stopped at step {step.step}", remedy="run the same command again to go on")

        state.run(until=until, on_step=on_step, on_save=samples.write, on_warning=warn)
    if left_out:
        warn(str(left_out), f"see {run / LEFT_OUT_LIST}")
    extra = {
        "training": encode(recipe),
        "steps": state.step,
        **({"loss_network": judge} if judge else {}),
        "photographs": sum(path not in left_out for path in content),
        "photographs_left_out": len(left_out),
        "pairs": len(pairs.shots.pairs) if pairs.shots else 0,
    }
    learnt, folder = state.average.eval(), out or run / "styles"
    network = learnt if base is None else with_rows_of(base, learnt, rows)
    names = [style.name for style in recipe.styles]
    if teacher is not None:
        paths = save_small(network, recipe.name, extra, family(teacher), folder, taught=names)
    else:
        there = _replaced(joined, folder / f"{recipe.name}.safetensors")
        cards = [_gone_on(card, there) for card in _cards(recipe, network.config, rows, licence, extra)]
        kept = [style for style in there if style.card.name not in names]
        paths = save_styles(network, cards, folder, kept=kept)
    if measure:
        measure_styles(paths, held_out, size="full" if teacher is None else "small", reporter=reporter)
    return paths


def _replaced(joined: LibraryStyle | None, weights: Path) -> list[LibraryStyle]:
    """The styles whose network is the file that is written: those that are joined where they lie."""
    in_place = joined is not None and weights.exists() and weights.samefile(joined.weights)
    return family(joined) if joined is not None and in_place else []


def _cards(
    recipe: TrainingRecipe, config: NetworkConfig, rows: Sequence[int], licence: str, extra: dict[str, object]
) -> list[StyleCard]:
    return [
        StyleCard(
            name=style.name,
            title=style.title,
            network=f"{recipe.name}.safetensors",
            sha256="",
            config=config,
            index=row,
            artwork=Artwork(title=style.title, artist=style.artist, licence=licence),
            extra=extra,
        )
        for row, style in zip(rows, recipe.styles, strict=True)
    ]


def _gone_on(card: StyleCard, there: Sequence[LibraryStyle]) -> StyleCard:
    """The card of a style that may lie there already: its small network stays, and paints what it was, until taught."""
    before = next((style.card for style in there if style.card.name == card.name), None)
    if before is None or before.small is None:
        return card
    learnt = before.extra.get("small_training")
    return replace(card, small=before.small, extra={**card.extra, **({"small_training": learnt} if learnt else {})})


def _by_paintings(
    recipe: TrainingRecipe, paintings: Path | None, loss_network: Path | None
) -> tuple[Objective, dict[str, str]]:
    """The losses against the paintings, and which network judges."""
    if paintings is None:
        raise UsageError("the recipe learns from paintings", remedy="give their folder with --paintings")
    _check_paintings(recipe, paintings)
    if loss_network is None or not loss_network.is_file():
        raise InputError(f"no loss network at {loss_network}", remedy="give a VGG-19 or the distilled VGG-19")
    encoder = load_loss_network(loss_network)
    # Judged here, where the recipe can still be corrected, rather than in the first step.
    for layer in (*recipe.weights.layers, recipe.content_layer):
        if layer not in encoder.layers:
            raise UsageError(f"{encoder.name} has no layer {layer!r}", remedy=f"use one of {', '.join(encoder.layers)}")
    return Objective(recipe, encoder, paintings), {"name": encoder.name, "sha256": file_sha256(loss_network)}


def _check_paintings(recipe: TrainingRecipe, folder: Path) -> None:
    for name, what in ((recipe.name, "name"), *((style.name, "styles.name") for style in recipe.styles)):
        _refuse_path(name, what)
    for style in recipe.styles:
        _refuse_path(style.painting, "styles.painting")
        if not (folder / style.painting).is_file():
            raise InputError(f"the painting {style.painting!r} is not in {folder}", remedy="check --paintings")


def _refuse_path(name: str, what: str) -> None:
    """File names from a recipe stay in the folder they are meant for."""
    if PurePosixPath(name).name != name or "\\" in name or ":" in name or name in ("", ".", ".."):
        raise UsageError(f"{what} {name!r} is not a plain file name", remedy="leave folders out of it")


def _held_out(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Photographs to train on, and those to judge by; the same where there are too few to keep any out."""
    if len(paths) < 10 * HELD_OUT:
        return paths, paths[:HELD_OUT]
    step = len(paths) // HELD_OUT
    kept = [paths[index * step + step // 2] for index in range(HELD_OUT)]
    return [path for path in paths if path not in kept], kept


def _claim(run: Path, recipe: TrainingRecipe) -> None:
    """Write the recipe into the run's folder, or refuse a folder that holds another's state."""
    text = json.dumps(encode(recipe), indent=2, ensure_ascii=False) + "\n"
    path = run / RECIPE
    if path.is_file() and (run / "state.pt").is_file() and _recipe_of(path) != recipe:
        raise UsageError(f"{run} holds a run of another recipe", remedy="give another --run folder, or remove this one")
    run.mkdir(parents=True, exist_ok=True)
    write_bytes_atomic(path, text.encode())


def _recipe_of(path: Path) -> TrainingRecipe | None:
    """The recipe of a run, with today's defaults for what it does not say; None where it is none."""
    try:
        return decode(TrainingRecipe, json.loads(path.read_text(encoding="utf-8")))
    except (UsageError, OSError, ValueError, RecursionError):
        return None
