"""Pictures that training is given: each kind is read as documented, or refused or left out with one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from training_files import write_distilled, write_pictures

from nst_backend.cli.main import run as nst
from nst_backend.contract.errors import InputError
from nst_backend.media.images import write_image
from nst_backend.styles.card import read_card
from nst_backend.training.config import StyleSource
from nst_backend.training.data import ContentPictures, LeftOut, find_pictures, read_picture
from nst_backend.training.objective import load_painting

GREY = 51
"""0.2 of 255."""


def flat(*shape: int, value: int = GREY, kind: type = np.uint8) -> np.ndarray:
    return np.full(shape, value, kind)


def brushwork(height: int, width: int) -> np.ndarray:
    """``(H, W, 3)`` uint8 patches."""
    coarse = np.random.default_rng(4).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return np.kron(coarse, np.ones((8, 8, 1), np.uint8))[:height, :width]


def _frames(path: Path, **options: object) -> None:
    frames = [Image.fromarray(flat(80, 90, 3, value=value)) for value in (GREY, 200, 90)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=80, **options)


KINDS: dict[str, Callable[[Path], object]] = {
    "grey8.png": lambda path: cv2.imwrite(str(path), flat(80, 90)),
    "grey16.png": lambda path: cv2.imwrite(str(path), flat(80, 90, value=13107, kind=np.uint16)),
    "colour16.png": lambda path: cv2.imwrite(str(path), flat(80, 90, 3, value=13107, kind=np.uint16)),
    "colour16.tif": lambda path: cv2.imwrite(str(path), flat(80, 90, 3, value=13107, kind=np.uint16)),
    "float.tif": lambda path: cv2.imwrite(str(path), np.full((80, 90, 3), 0.2, np.float32)),
    "palette.png": lambda path: Image.fromarray(flat(80, 90, 3)).quantize(4).save(path),
    "grey.jpg": lambda path: Image.fromarray(flat(80, 90)).save(path),
    "colour.bmp": lambda path: Image.fromarray(flat(80, 90, 3)).save(path),
    "opaque.webp": lambda path: Image.fromarray(flat(80, 90, 3)).save(path, lossless=True),
    "animated.webp": lambda path: _frames(path, lossless=True),
    "named_wrongly.jpg": lambda path: Image.fromarray(flat(80, 90, 3)).save(path, "WEBP", lossless=True),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_is_read(tmp_path: Path, name: str) -> None:
    KINDS[name](tmp_path / name)
    picture = read_picture(tmp_path / name)
    assert picture.shape == (80, 90, 3)
    assert picture.dtype == np.float32
    np.testing.assert_allclose(picture, 0.2, atol=0.003)


@pytest.mark.parametrize("name", ["alpha.png", "alpha.webp", "grey_alpha.png"])
def test_alpha_is_laid_over_white(tmp_path: Path, name: str) -> None:
    half = np.dstack([flat(64, 64, 3, value=0), flat(64, 64, value=128)])
    Image.fromarray(half, "RGBA").convert("LA" if "grey" in name else "RGBA").save(tmp_path / name)
    # Lossy WebP keeps a level or two.
    np.testing.assert_allclose(read_picture(tmp_path / name), 1 - 128 / 255, atol=0.02)


def test_pictures_stand_upright(tmp_path: Path) -> None:
    upper = np.vstack([flat(64, 96, 3, value=255), flat(64, 96, 3, value=0)])
    picture = Image.fromarray(upper)
    turned = picture.getexif()
    turned[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=turned, quality=98)
    found = read_picture(tmp_path / "turned.jpg")
    assert found.shape == (96, 128, 3)
    assert found[:, 90:].mean() > 0.98
    assert found[:, :40].mean() < 0.02


def test_a_huge_picture_is_decoded_coarser(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "huge.jpg"), flat(4096, 9000, 3))
    picture = read_picture(tmp_path / "huge.jpg")
    assert picture.shape == (2048, 4500, 3)
    np.testing.assert_allclose(picture, 0.2, atol=0.003)


def _cmyk(path: Path) -> None:
    Image.fromarray(brushwork(80, 90)).convert("CMYK").save(path)


def _cut_short(path: Path) -> None:
    write_image(path, brushwork(80, 90).astype(np.float32) / 255)
    path.write_bytes(path.read_bytes()[:-400])


def _not_finite(path: Path) -> None:
    cv2.imwrite(str(path), np.full((80, 90, 3), np.nan, np.float32))


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "print.jpg": (_cmyk, "CMYK picture: convert it to RGB"),
    "moving.gif": (_frames, "is a GIF: save the picture that is meant as PNG"),
    "moving.png": (lambda path: _frames(path.with_suffix(".gif")) or path.with_suffix(".gif").rename(path), "is a GIF"),
    "tiny.png": (lambda path: cv2.imwrite(str(path), flat(8, 9, 3)), "9 x 8 pixels, too small .* at least 64"),
    "narrow.png": (lambda path: cv2.imwrite(str(path), flat(900, 9, 3)), "9 x 900 pixels, too small"),
    "cut.jpg": (_cut_short, "truncated"),
    "cut.png": (_cut_short, "truncated"),
    "empty.jpg": (Path.touch, "empty"),
    "text.webp": (lambda path: path.write_bytes(b"RIFF\0\0\0\0WEBPnothing"), "cannot be decoded"),
    "not_finite.tif": (_not_finite, "not finite"),
    "missing.png": (lambda path: None, "cannot be read, No such file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_one_sentence(tmp_path: Path, name: str) -> None:
    make, sentence = REFUSED[name]
    make(tmp_path / name)
    with pytest.raises(InputError, match=sentence) as caught:
        load_painting(StyleSource(name="a", title="", artist="", painting=name), tmp_path)
    assert name in caught.value.problem
    assert caught.value.remedy
    assert "\n" not in caught.value.sentence()


# ---- paintings


def painting(folder: Path, height: int, width: int, size: int) -> tuple[int, ...]:
    cv2.imwrite(str(folder / "painting.png"), brushwork(height, width))
    source = StyleSource(name="a", title="", artist="", painting="painting.png", size=size)
    return tuple(load_painting(source, folder).shape)


def test_paintings_come_to_their_training_size(tmp_path: Path) -> None:
    assert painting(tmp_path, 64, 80, 128) == (1, 3, 128, 160)
    assert painting(tmp_path, 5000, 7500, 256) == (1, 3, 256, 384)


def test_a_strip_is_refused(tmp_path: Path) -> None:
    assert painting(tmp_path, 64, 512, 64) == (1, 3, 64, 512)
    with pytest.raises(InputError, match="520 x 64 pixels, a strip: cut out"):
        painting(tmp_path, 64, 520, 64)


def test_a_single_colour_is_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "blank.png"), np.dstack([flat(80, 90, value=value) for value in (20, 120, 220)]))
    with pytest.raises(InputError, match=r"blank\.png is of one colour: give a picture with brushwork"):
        load_painting(StyleSource(name="a", title="", artist="", painting="blank.png"), tmp_path)


# ---- photographs


def test_an_empty_or_missing_photo_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no picture")
    with pytest.raises(InputError, match=r"no photographs in .*empty: give a folder with JPEG or PNG"):
        find_pictures([tmp_path / "empty"])
    with pytest.raises(InputError, match=r"no folder .*nowhere"):
        find_pictures([tmp_path / "nowhere"])


def test_photographs_that_cannot_be_used_are_left_out_for_good(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "photos")
    _cmyk(folder / "a_print.jpg")
    cv2.imwrite(str(folder / "a_tiny.png"), flat(8, 8, 3))
    paths = find_pictures([folder])

    def pictures() -> ContentPictures:
        return ContentPictures(paths, side=64, flats=0.3, seed=1, left_out=LeftOut(tmp_path / "left_out.txt"))

    whole = pictures()
    drawn = [whole(step, 2) for step in range(12)]
    assert len(whole.left_out) == 2
    # A run that goes on knows them at once, and draws what it would have drawn.
    resumed = pictures()
    assert folder / "a_print.jpg" in resumed.left_out
    assert all((resumed(step, 2) == drawn[step]).all() for step in range(6, 12))


def test_too_many_useless_photographs_are_one_sentence(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(b"not a picture")
    pictures = ContentPictures(find_pictures([tmp_path]), side=64, flats=0.0, seed=1)
    with pytest.raises(InputError, match=r"too few of the 3 photographs can be used, 3 photographs left out \("):
        pictures(0, 1)


def test_left_out_photographs_are_counted_in_the_card_and_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pictures(tmp_path / "photos", count=3)
    (tmp_path / "photos" / "a_broken.jpg").write_bytes(b"not a picture")
    paintings = write_pictures(tmp_path / "harbour", count=1)
    shared = ["--photos", str(tmp_path / "photos"), "--run", str(tmp_path / "run"), "--crop", "64", "--steps", "6"]
    encoder = write_distilled(tmp_path / "encoder.safetensors")
    assert nst(["train", "--paintings", str(paintings), *shared, "--loss-network", str(encoder)]) == 0
    said = capsys.readouterr()
    card = read_card(Path(said.out.splitlines()[-1]))
    assert (card.extra["photographs"], card.extra["photographs_left_out"]) == (3, 1)
    assert "1 photograph left out" in said.err
    assert "a_broken.jpg" in (tmp_path / "run" / "left_out.txt").read_text()
