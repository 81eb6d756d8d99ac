"""From plates and annotations to a card: examples made, the run continued, the network judged and written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import save

from ...contract.codec import encode
from ...contract.errors import CancelledByUser, InputError, UsageError
from ...contract.messages import Event, EventKind, Reporter, stop_if_cancelled
from ...media.atomic import write_bytes_atomic
from ...segmentation.architectures.mask_rcnn import ARCHITECTURE, MaskRCNNSegmenter
from ...segmentation.card import SUFFIX, SegmenterCard, write_segmenter_card
from ...weights.checkpoint import load_tensors
from ...weights.files import file_sha256, is_plain_name
from .annotations import open_annotations
from .examples import Example, ExampleSource
from .measure import Judgement, judge
from .plates import PlateExamples, check_plates, open_plates
from .recipe import SegmenterRecipe
from .samples import write_samples
from .store import ExampleStore, source_key
from .trainer import SegmenterRun, SegmenterStep

__all__ = ["Material", "TrainedSegmenter", "train_segmenter"]

RECIPE = "recipe.json"
SAMPLES = 4
# A run that goes wrong shows it long before its first state is saved.
EARLY_SAMPLES = (1, 50, 150)
Chosen = list[tuple[ExampleSource, int]]


@dataclass(frozen=True, kw_only=True)
class Material:
    """Plates with Cryptomatte, and files of annotations; ``pictures`` is where what is annotated lies."""

    plates: tuple[Path, ...] = ()
    annotations: tuple[Path, ...] = ()
    pictures: Path | None = None


@dataclass(frozen=True, kw_only=True)
class TrainedSegmenter:
    """The card that was written, and how its network did on the pictures held out."""

    card: Path
    judgement: Judgement


def train_segmenter(
    recipe: SegmenterRecipe,
    material: Material,
    *,
    judge_by: Material | None = None,
    start: Path | None = None,
    run: Path,
    out: Path | None = None,
    until: int | None = None,
    licence: str = "",
    device: torch.device | str = "cpu",
    reporter: Reporter,
) -> TrainedSegmenter:
    """Train, or go on training, judge by what was held out, and write card and weights (fp16).

    ``judge_by``: what to judge by; without it the end of each plate is held out. ``start``: weights of the
    recipe's network to tune. ``run``: the folder of the examples, state, log and ``samples``; a state found
    there is continued. ``out``: where card and weights go, ``run/segmenter`` by default.

    Raises :class:`InputError` for missing, unreadable or empty material, :class:`UsageError` for names that
    nothing has and a run folder of another recipe, :class:`CancelledByUser` after saving the state.
    """
    if not is_plain_name(recipe.name):
        raise UsageError(f"the name {recipe.name!r} is no plain file name", remedy="leave folders out of it")
    tensors = load_tensors(start) if start is not None else None
    learnt, judged = _chosen(recipe, material, judge_by, reporter)
    key = source_key(recipe, [*learnt, *judged])
    _claim(run, recipe, key)
    examples = _made(run / "examples", learnt, key, "examples", reporter)
    held_out = _made(run / "held_out", judged, key, "held out", reporter)
    _check_objects(recipe, examples, "to learn from")
    state = SegmenterRun(
        recipe,
        examples,
        run,
        start=tensors,
        device=device,
        on_warning=lambda problem, remedy: reporter.emit(
            Event(EventKind.WARNING, {"problem": problem, "remedy": remedy})
        ),
    )

    def sample(state: SegmenterRun) -> None:
        count = min(SAMPLES, len(held_out))
        shown = [held_out[number * len(held_out) // count] for number in range(count)]
        write_samples(run / "samples" / f"sample_{state.step:06d}.png", _segmenter(state), shown)

    def on_step(step: SegmenterStep) -> None:
        data = {"stage": "train", "done": step.step, "total": step.steps, "seconds": step.seconds}
        reporter.emit(Event(EventKind.PROGRESS, {**data, "losses": step.losses}))
        if step.step in EARLY_SAMPLES:
            sample(state)
        if reporter.cancelled():
            state.save()
            sample(state)
            raise CancelledByUser(f"stopped at step {step.step}", remedy="run the same command again to go on")

    state.run(until=until, on_step=on_step, on_save=sample)
    judgement = _judged(state, held_out, reporter)
    training = {
        "recipe": encode(recipe),
        "steps": state.step,
        "pictures": len(examples),
        "objects": {recipe.labels[label]: count for label, count in sorted(_counted(examples).items())},
        "judged": asdict(judgement),
    }
    return TrainedSegmenter(
        card=_write(state, out or run / "segmenter", licence=licence, training=training), judgement=judgement
    )


def _chosen(
    recipe: SegmenterRecipe, material: Material, judge_by: Material | None, reporter: Reporter
) -> tuple[Chosen, Chosen]:
    """What is learnt and what is judged by."""
    sources, more = _opened(recipe, material), _opened(recipe, judge_by or Material())
    if not sources:
        raise UsageError("there is nothing to learn from", remedy="give plates with Cryptomatte, or annotations")
    # What is judged by need not show every class.
    for warning in check_plates([source for source in sources if isinstance(source, PlateExamples)], recipe):
        reporter.emit(Event(EventKind.WARNING, {"problem": warning, "remedy": "check the classes"}))
    if more:
        return _all(sources), _all(more)
    learnt: Chosen = []
    judged: Chosen = []
    for source in sources:
        kept = max(1, round(len(source) * recipe.held_out)) if recipe.held_out and len(source) > 1 else 0
        # The end of a plate: any other frames would have neighbours that were learnt.
        learnt += [(source, index) for index in range(len(source) - kept)]
        judged += [(source, index) for index in range(len(source) - kept, len(source))]
    if not judged:
        raise UsageError("nothing is held out to judge by", remedy="give --judge, raise held_out, or give more frames")
    return learnt, judged


def _opened(recipe: SegmenterRecipe, material: Material) -> list[ExampleSource]:
    annotated = [open_annotations(path, material.pictures, recipe) for path in material.annotations]
    return [*open_plates(material.plates, recipe), *annotated]


def _all(sources: Sequence[ExampleSource]) -> Chosen:
    return [(source, index) for source in sources for index in range(len(source))]


def _claim(run: Path, recipe: SegmenterRecipe, key: str) -> None:
    """Write recipe and key of the material into the run's folder, or refuse a folder that holds another's state."""
    text = json.dumps({"recipe": encode(recipe), "material": key}, indent=2, ensure_ascii=False) + "\n"
    path = run / RECIPE
    if (run / "state.pt").is_file() and (not path.is_file() or path.read_text(encoding="utf-8") != text):
        raise UsageError(
            f"{run} holds a run of another recipe or of other pictures",
            remedy="give another --run folder, or remove this one",
        )
    run.mkdir(parents=True, exist_ok=True)
    write_bytes_atomic(path, text.encode())


def _made(folder: Path, chosen: Chosen, key: str, stage: str, reporter: Reporter) -> ExampleStore:
    def on_example(done: int, total: int) -> None:
        reporter.emit(Event(EventKind.PROGRESS, {"stage": stage, "done": done, "total": total}))
        stop_if_cancelled(reporter)

    store = ExampleStore(folder)
    store.fill(chosen, key, on_example)
    return store


def _check_objects(recipe: SegmenterRecipe, examples: ExampleStore, purpose: str) -> None:
    seen = _counted(examples)
    for label, name in enumerate(recipe.labels):
        if not seen[label]:
            raise InputError(
                f"no picture {purpose} shows anything of class {name!r} that is {recipe.least_area:g} pixels large",
                remedy="give plates in which it is seen, or lower least_area",
            )


def _counted(examples: ExampleStore) -> Counter[int]:
    return Counter(label for labels in examples.objects for label in labels)


def _segmenter(state: SegmenterRun) -> MaskRCNNSegmenter:
    return MaskRCNNSegmenter(state.average, state.recipe.network, state.recipe.labels, state.device, False)


def _judged(state: SegmenterRun, held_out: ExampleStore, reporter: Reporter) -> Judgement:
    def told() -> Iterator[Example]:
        for number in range(len(held_out)):
            stop_if_cancelled(reporter)
            yield held_out[number]
            reporter.emit(Event(EventKind.PROGRESS, {"stage": "judge", "done": number + 1, "total": len(held_out)}))

    return judge(_segmenter(state), told(), state.recipe.labels)


def _write(state: SegmenterRun, folder: Path, *, licence: str, training: dict[str, object]) -> Path:
    """Weights first, so that a card never names what is not there."""
    recipe = state.recipe
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{recipe.name}.safetensors"
    tensors = {
        name: value.detach().half().contiguous().cpu()
        for name, value in state.average.state_dict().items()
        if value.is_floating_point()
    }
    # As bytes: safetensors makes its files private, which a farm's other users cannot read.
    write_bytes_atomic(weights, save(tensors))
    card = folder / f"{recipe.name}{SUFFIX}"
    write_segmenter_card(
        SegmenterCard(
            name=recipe.name,
            architecture=ARCHITECTURE.name,
            options=encode(recipe.network),
            classes=recipe.labels,
            weights=weights.name,
            sha256=file_sha256(weights),
            licence=licence,
            training=training,
        ),
        card,
    )
    return card
