"""Training a segmenter: resumable bit for bit, stopped by a loss that is no number, judged, written, opened again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from segmenter_files import segmenter_recipe, write_annotations, write_plate

from nst_backend.contract.errors import CancelledByUser, InputError, NstError, OutOfMemory, UsageError
from nst_backend.contract.messages import Event, EventKind, SilentReporter
from nst_backend.segmentation.card import read_segmenter_card
from nst_backend.segmentation.registry import open_segmenter
from nst_backend.training.segmenters import trainer
from nst_backend.training.segmenters.plates import open_plates
from nst_backend.training.segmenters.recipe import SegmenterRecipe
from nst_backend.training.segmenters.session import Material, TrainedSegmenter, train_segmenter
from nst_backend.training.segmenters.store import ExampleStore
from nst_backend.training.segmenters.trainer import SegmenterRun, SegmenterStep


@pytest.fixture
def examples(tmp_path: Path) -> ExampleStore:
    (plate,) = open_plates([write_plate(tmp_path / "plate")], segmenter_recipe())
    store = ExampleStore(tmp_path / "store")
    store.fill([(plate, index) for index in range(len(plate))], "key", lambda done, total: None)
    return store


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return all(torch.equal(mine[name], theirs[name]) for name in mine)


# ---- The loop


def test_resumed_equals_uninterrupted_bit_for_bit(tmp_path: Path, examples: ExampleStore) -> None:
    recipe = segmenter_recipe()
    whole = SegmenterRun(recipe, examples, tmp_path / "whole")
    untrained = SegmenterRun(recipe, examples, tmp_path / "untrained")
    whole.run()
    SegmenterRun(recipe, examples, tmp_path / "broken").run(until=3)
    second = SegmenterRun(recipe, examples, tmp_path / "broken")
    assert second.step == 3
    # What happened to the process in between must not matter.
    torch.rand(7)
    second.run()
    assert same(whole.network, second.network)
    assert same(whole.average, second.average)
    assert not same(whole.average, untrained.average)


def test_the_loss_falls(tmp_path: Path, examples: ExampleStore) -> None:
    still = {"flip": 0, "zoom_out": 1, "zoom_in": 1, "noise": 0, "blur": 0, "exposure": 0}
    losses: list[SegmenterStep] = []
    run = SegmenterRun(segmenter_recipe(steps=40, warm=5, augmentation=still), examples, tmp_path / "run")
    run.run(on_step=losses.append)
    first, last = (sum(step.losses["loss"] for step in part) for part in (losses[:5], losses[-5:]))
    assert last < 0.7 * first
    lines = (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in lines] == list(range(1, 41))
    assert set(losses[0].losses) >= {"objectness", "rpn_box_reg", "classifier", "box_reg", "mask", "loss", "gradient"}


def test_a_loss_that_is_no_number_keeps_the_last_good_state(
    tmp_path: Path, examples: ExampleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = SegmenterRun(segmenter_recipe(), examples, tmp_path / "run")
    run.run(until=2, save_every=1)
    good = run.state_path.read_bytes()
    inner = trainer.mask_rcnn_losses
    monkeypatch.setattr(
        trainer, "mask_rcnn_losses", lambda *given: {k: v * float("nan") for k, v in inner(*given).items()}
    )
    with pytest.raises(NstError, match="not a number") as caught:
        run.run(save_every=1)
    assert "last good state" in caught.value.remedy
    assert run.state_path.read_bytes() == good


def test_want_of_memory_halves_the_batch_and_says_so(
    tmp_path: Path, examples: ExampleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, largest, told = trainer.mask_rcnn_losses, 1, list[str]()

    def scarce(network, batch, device):
        if len(batch) > largest:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return inner(network, batch, device)

    monkeypatch.setattr(trainer, "mask_rcnn_losses", scarce)
    recipe = segmenter_recipe(batch=4, steps=2)
    run = SegmenterRun(recipe, examples, tmp_path / "run", on_warning=lambda problem, remedy: told.append(problem))
    run.run()
    assert (run.step, run.batch) == (2, 1)
    assert [text[:27] for text in told] == ["the batch is halved to 2 fo", "the batch is halved to 1 fo"]
    assert SegmenterRun(recipe, examples, tmp_path / "run").batch == 1
    largest = 0
    with pytest.raises(OutOfMemory, match="one picture"):
        SegmenterRun(recipe, examples, tmp_path / "other").run()


def test_weights_to_start_from_may_know_other_classes(tmp_path: Path, examples: ExampleStore) -> None:
    taught = SegmenterRun(segmenter_recipe(), examples, tmp_path / "taught")
    taught.run(until=1)
    tensors = {name: value.clone() for name, value in taught.average.state_dict().items()}
    three = [{"name": name, "names": ["Hero.*"]} for name in "abc"]
    tuned = SegmenterRun(segmenter_recipe(classes=three), examples, tmp_path / "tuned", start=tensors)
    own = tuned.network.state_dict()
    assert all(torch.equal(own[name], value) for name, value in tensors.items() if name.startswith("backbone."))
    assert own["roi_heads.box_predictor.cls_score.weight"].shape[0] == 4
    wider = segmenter_recipe(network={"network": "small", "width": 16, "short_side": 64, "long_side": 96})
    with pytest.raises(InputError, match="do not fit"):
        SegmenterRun(wider, examples, tmp_path / "wider", start=tensors)


# ---- The session


class Listening(SilentReporter):
    """Keeps the stages it hears of; says stop after so many steps."""

    def __init__(self, stop_after: int = 10**9) -> None:
        super().__init__()
        self.stages: list[str] = []
        self.stop_after = stop_after

    def emit(self, event: Event) -> None:
        super().emit(event)
        if event.kind is EventKind.PROGRESS:
            self.stages.append(event.data["stage"])

    def cancelled(self) -> bool:
        return self.stages.count("train") >= self.stop_after


def trained(tmp_path: Path, recipe: SegmenterRecipe | None = None, **options: object) -> TrainedSegmenter:
    plate = tmp_path / "plate"
    material = Material(plates=(plate if plate.exists() else write_plate(plate),))
    settings = {"run": tmp_path / "run", "reporter": Listening(), **options}
    return train_segmenter(recipe or segmenter_recipe(), material, **settings)


def test_a_session_ends_in_a_card_that_opens(tmp_path: Path) -> None:
    reporter = Listening()
    result = trained(tmp_path, segmenter_recipe(held_out=0.25), reporter=reporter, licence="ours")
    assert reporter.stages == ["examples"] * 3 + ["held out"] + ["train"] * 6 + ["judge"]
    assert (result.judgement.frames, result.judgement.objects) == (1, 3)
    card = read_segmenter_card(result.card)
    assert (card.name, card.architecture, card.classes, card.licence) == ("tiny", "mask_rcnn", ("hero", "car"), "ours")
    assert card.training["objects"] == {"hero": 3, "car": 6}
    assert card.training["judged"]["objects"] == 3
    segmenter = open_segmenter(
        result.card.name, base=result.card.parent, device="cpu", half=False, reporter=SilentReporter()
    )
    assert segmenter.classes == ("hero", "car")
    with safe_open(result.card.parent / card.weights, "pt") as weights:
        assert {weights.get_tensor(name).dtype for name in weights.keys()} == {torch.float16}  # noqa: SIM118
    assert sorted(path.name for path in (tmp_path / "run" / "samples").iterdir()) == [
        "sample_000001.png",
        "sample_000006.png",
    ]


def test_a_stopped_session_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    with pytest.raises(CancelledByUser, match="step 2"):
        trained(tmp_path, reporter=Listening(stop_after=2))
    broken = trained(tmp_path)
    whole = trained(tmp_path, run=tmp_path / "whole")
    cards = [read_segmenter_card(result.card) for result in (broken, whole)]
    assert cards[0].sha256 == cards[1].sha256


def test_another_recipe_or_other_pictures_are_refused(tmp_path: Path) -> None:
    trained(tmp_path, until=1)
    with pytest.raises(UsageError, match="another recipe"):
        trained(tmp_path, segmenter_recipe(rate=1e-4))
    write_plate(tmp_path / "plate", 3)
    (tmp_path / "plate" / "shot.0004.exr").unlink()
    with pytest.raises(UsageError, match="other pictures"):
        trained(tmp_path)


def test_annotations_train_too(tmp_path: Path) -> None:
    recipe = segmenter_recipe(
        classes=[{"name": "hero", "names": ["hero"]}, {"name": "car", "names": ["car"]}], steps=1, held_out=0.4
    )
    material = Material(annotations=(write_annotations(tmp_path / "photos"),))
    result = train_segmenter(recipe, material, run=tmp_path / "run", reporter=Listening())
    assert (result.judgement.frames, result.judgement.objects) == (1, 2)


def test_a_plate_to_judge_by_leaves_all_others_to_learn_from(tmp_path: Path) -> None:
    other = write_plate(tmp_path / "other", 2, without="Car")
    result = trained(tmp_path, segmenter_recipe(steps=1), judge_by=Material(plates=(other,)))
    assert (result.judgement.frames, result.judgement.objects) == (2, 2)
    assert read_segmenter_card(result.card).training["pictures"] == 4


def test_what_cannot_teach_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to learn from"):
        train_segmenter(segmenter_recipe(), Material(), run=tmp_path / "run", reporter=Listening())
    with pytest.raises(UsageError, match="held out"):
        trained(tmp_path, segmenter_recipe(held_out=0.0))
    with pytest.raises(InputError, match=r"'hero'.*5000 pixels"):
        trained(tmp_path, segmenter_recipe(least_area=5000))
    with pytest.raises(UsageError, match="plain file name"):
        trained(tmp_path, segmenter_recipe(name="../tiny"))
