"""``nst objects`` as a user runs it, with a network of the user's own.

The network is as its training began, so what it finds is not asked here: see tests/segmentation.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from nst_process import Nst, make_nst, sentence, write_pictures
from safetensors.torch import save_file

from nst_backend.contract.codec import encode
from nst_backend.contract.errors import ExitCode
from nst_backend.segmentation.card import SegmenterCard, write_segmenter_card
from nst_backend.segmentation.mask_rcnn_network import MaskRCNNOptions, build_mask_rcnn
from nst_backend.weights.files import file_sha256

COUNT = 3


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "in", COUNT, (96, 64))
    options = MaskRCNNOptions(network="small", width=8, short_side=64, long_side=96)
    torch.manual_seed(3)
    save_file(build_mask_rcnn(options, 2).state_dict(), tmp_path / "own.safetensors")
    card = SegmenterCard(
        name="own",
        architecture="mask_rcnn",
        options=encode(options),
        classes=("hero", "villain"),
        weights="own.safetensors",
        sha256=file_sha256(tmp_path / "own.safetensors"),
    )
    write_segmenter_card(card, tmp_path / "own.segmenter.json")
    return made


def test_they_are_listed_drawn_and_kept_for_recipes(nst: Nst) -> None:
    asked = ["objects", "in/plate.####.png", "--model", "own.segmenter.json"]
    first = nst(*asked, "-o", "shown.####.png")
    assert first.returncode == 0, first.stderr
    assert f"frames 1-{COUNT}" in first.stdout
    assert len(list(nst.folder.glob("shown.*.png"))) == COUNT
    again = nst(*asked, "-o", "shown.####.png", "--progress", "none")
    assert again.returncode == ExitCode.USAGE
    assert "--overwrite" in sentence(again)
    refused = nst(*asked, "-o", "in/plate.####.png", "--overwrite", "--progress", "none")
    assert refused.returncode == ExitCode.USAGE
    assert "would be replaced" in sentence(refused)
    told = nst(*asked, "--progress", "json")
    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert "find" not in {event.get("stage") for event in events}
    summary = events[-1]["summary"]
    assert summary["classes"] == ["hero", "villain"]
    # A recipe beside the plate takes what was found.
    recipe = {
        "version": 1,
        "plate": {"path": "in/plate.####.png"},
        "regions": [{"name": "all", "matte": {"instances": {"model": "own.segmenter.json"}}, "style": "swirl"}],
        "output": {"path": "out/styled.####.png"},
    }
    (nst.folder / "recipe.json").write_text(json.dumps(recipe))
    styled = nst("stylize", "recipe.json", "--progress", "json")
    assert styled.returncode == 0, styled.stderr
    assert "find" not in {json.loads(line).get("stage") for line in styled.stdout.splitlines()}
    assert len(list((nst.folder / "out").glob("*.png"))) == COUNT


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (["in/plate.####.png", "--model", "mask_rnn"], ExitCode.USAGE, "did you mean 'mask_rcnn'?"),
        (["in/plate.####.png"], ExitCode.INPUT, "BRUSHPASS_OFFLINE is set"),
        (["in/none.####.png", "--model", "own.segmenter.json"], ExitCode.INPUT, "none.####.png"),
        (["in/plate.####.png", "--model", "gone.segmenter.json"], ExitCode.INPUT, "no segmenter card"),
        (["in/plate.####.png", "--model", "own.segmenter.json", "-o", "one.png"], ExitCode.USAGE, "####"),
    ],
)
def test_what_is_wrong_is_one_sentence(nst: Nst, asked: list[str], code: ExitCode, said: str) -> None:
    result = nst("objects", *asked, "--progress", "none", BRUSHPASS_OFFLINE="1")
    assert result.returncode == code
    assert said in sentence(result)


def test_weights_that_are_others_are_refused(nst: Nst) -> None:
    stored = nst.folder / "own.safetensors"
    held = stored.read_bytes()
    stored.write_bytes(held[:-1] + bytes([held[-1] ^ 1]))
    result = nst("objects", "in/plate.####.png", "--model", "own.segmenter.json", "--progress", "none")
    assert result.returncode == ExitCode.INPUT
    assert "are not those its card names" in sentence(result)
