"""``nst train-mattes`` as it is called: options become a recipe, and what cannot be is one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nst_backend.cli.main import run
from nst_backend.cli.train_mattes import derive_segmenter_recipe, read_segmenter_recipe
from nst_backend.contract.errors import ExitCode, InputError
from nst_backend.image.boxes import Box
from nst_backend.mattes.cryptomatte_writing import layer_attributes, rank
from nst_backend.media.exr import write_exr
from nst_backend.segmentation.card import read_segmenter_card

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--network", "small", "--width", "8", "--short-side", "64", "--long-side", "96")


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """Two frames of a ball and two cars with Cryptomatte."""
    names = {"Ball": Box(8, 8, 40, 40), "Car.1": Box(20, 50, 40, 70), "Car.2": Box(40, 72, 60, 92)}
    mattes = {name: (box, np.ones((box.height, box.width), np.float32)) for name, box in names.items()}
    ids, covers = rank(mattes, 64, 96, levels=1)
    channels = {name: np.full((64, 96), 0.3, np.float32) for name in "RGB"}
    channels |= {"CryptoObject00.r": ids[0].view(np.float32), "CryptoObject00.g": covers[0]}
    for frame in (1, 2):
        write_exr(tmp_path / f"shot.{frame:04d}.exr", channels, attributes=layer_attributes("CryptoObject", [*names]))
    return tmp_path / "shot.####.exr"


def test_a_card_comes_out_of_a_plate(plate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--plates", str(plate), "--class", "ball=Ball", "--each", "car=Car.*", *SMALL, "--steps", "1"]
    folder = tmp_path / "out"
    code = run(["train-mattes", *given, "--run", str(tmp_path / "run"), "-o", str(folder), "--device", "cpu"])
    said = capsys.readouterr()
    assert code == ExitCode.DONE, said.err
    card = read_segmenter_card(folder / "segmenter.segmenter.json")
    assert card.classes == ("ball", "car")
    assert card.training["objects"] == {"ball": 1, "car": 2}
    assert said.out.splitlines()[0] == str(folder / "segmenter.segmenter.json")
    assert said.out.splitlines()[1].startswith("on 1 frames held out, 3 objects: mean IoU 0.")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((), "no class is given"),
        (("--class", "hero"), "'hero' is no class"),
        (("--class", "hero=Bal"), "did you mean 'Ball'"),
        (("--class", "hero=Ball", "--least-area", "0"), "--least-area"),
        (("--class", "hero=Ball", "--start", "absent.safetensors"), "no checkpoint at absent.safetensors"),
        (("--class", "hero=Ball", "--until", "0"), "--until is 0"),
        (("absent.json",), "no training recipe at absent.json"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    plate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], sentence: str
) -> None:
    code = run(["train-mattes", *given, "--plates", str(plate), "--run", str(tmp_path / "run"), "--device", "cpu"])
    lines = capsys.readouterr().err.strip().splitlines()
    assert code in (ExitCode.USAGE, ExitCode.INPUT)
    assert len(lines) == 1
    assert sentence in lines[0]
    assert not (tmp_path / "run" / "state.pt").exists()


def test_options_do_not_go_with_a_recipe(plate: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = str(ROOT / "demo" / "characters" / "recipe.json")
    assert run(["train-mattes", recipe, "--plates", str(plate), "--steps", "9"]) == ExitCode.USAGE
    assert "--steps does not go with a recipe" in capsys.readouterr().err


def test_without_weights_to_start_from_the_network_is_the_small_one() -> None:
    classes = [{"name": "hero", "names": ["Hero"]}]
    assert derive_segmenter_recipe(classes, {}, {}, {}, tuned=False).network.network == "small"
    tuned = derive_segmenter_recipe(classes, {}, {}, {}, tuned=True)
    assert (tuned.network.network, tuned.rate) == ("resnet50_fpn_v2", 1e-4)
    assert derive_segmenter_recipe(classes, {"rate": 0.01}, {}, {}, tuned=True).rate == 0.01


def test_the_shipped_recipe_is_one() -> None:
    recipe = read_segmenter_recipe(ROOT / "demo" / "characters" / "recipe.json")
    assert recipe.labels == ("creature", "robot", "car")
    with pytest.raises(InputError, match="no training recipe"):
        read_segmenter_recipe(ROOT / "demo")
