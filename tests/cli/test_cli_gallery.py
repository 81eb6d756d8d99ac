"""``nst styles gallery``."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from nst_process import Nst, make_nst, sentence, write_pictures

from nst_backend.media.exr import write_exr
from nst_backend.media.images import read_image
from nst_backend.pipeline.contact_sheet import CAPTION, GAP


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "photos", 2, size=(96, 80))
    return made


def test_every_style_on_the_same_pictures_as_page_and_sheet(nst: Nst) -> None:
    render = np.full((72, 64), 0.25, np.float32)
    write_exr(nst.folder / "photos" / "render.exr", {"R": render, "G": 0 * render, "B": render})
    arguments = ["identity", "swirl", "--photos", "photos", "-o", "all.html", "-o", "all.png", "--width", "64"]
    result = nst("styles", "gallery", *arguments, "--progress", "none")
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["all.html", "all.png"]
    page = (nst.folder / "all.html").read_text()
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)" alt="([^"]+)"', page)
    assert [name for _, name in found] == ["plate", "identity", "swirl"] * 3
    pictures = [cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), 1) for data, _ in found]
    assert pictures[0].shape == (53, 64, 3)
    # The identity paints what it is shown, a render as a screen shows it.
    assert np.abs(pictures[0].astype(int) - pictures[1]).max() <= 2
    assert np.abs(pictures[0].astype(int) - pictures[2]).max() > 20
    assert pictures[-3][36, 32].tolist() == pytest.approx([137, 0, 137], abs=3)
    assert "Swirl" in page
    sheet = read_image(nst.folder / "all.png")[0]
    heights = 2 * (53 + CAPTION) + (72 + CAPTION)
    assert sheet.shape == (heights + 2 * GAP + GAP + CAPTION + GAP, 3 * 64 + 4 * GAP, 3)
    again = nst("styles", "gallery", *arguments, "--progress", "none")
    assert again.returncode == 2
    assert "--overwrite" in sentence(again)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--photos", "gone", "-o", "a.html"], 6, "gone"),
        (["--photos", "photos", "-o", "a.exr"], 2, "neither a page nor a picture"),
        (["--photos", "photos", "-o", "gone/a.html"], 2, "no folder 'gone'"),
        (["--photos", "photos", "-o", "a.png", "--width", "1"], 2, "--width"),
        (["--photos", "photos", "-o", "photos/plate.0001.png", "--overwrite"], 2, "would be replaced"),
        (["--photos", "photos/plate.0001.png", "styles/swirl.safetensors", "-o", "a.html"], 6, "swirl.safetensors"),
    ],
)
def test_bad_input_is_one_sentence(nst: Nst, arguments: list[str], code: int, word: str) -> None:
    result = nst("styles", "gallery", *arguments, "--progress", "none")
    assert result.returncode == code, result.stderr
    assert word in sentence(result)
