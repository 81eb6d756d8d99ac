"""Run files become recipes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_backend.cli.run_file import read_run_file, recipes_of
from nst_backend.contract.errors import InputError, UsageError

TOML = """
[run]
video = "clip.mp4"
styles = ["udnie", "candy.style.json"]
output = "out/{style}.mp4"
segmenter = "coco"
segments = ["person"]
segment_source = "people.json"
background = "mosaic"
resolution = "1280x720"
strength = 0.8
device = "cuda:1"
"""
INI = """
[run]
video = clip.mp4          ; the clip
styles = udnie, candy.style.json
output = out/{style}.mp4
segmenter = coco
segments = person
segment_source = people.json
background = mosaic
resolution = 1280x720
strength = 0.8
device = cuda:1
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_both_forms_mean_the_same(tmp_path: Path) -> None:
    toml = read_run_file(write(tmp_path, "a.toml", TOML))
    assert read_run_file(write(tmp_path, "a.ini", INI)) == toml
    assert read_run_file(write(tmp_path, "b.ini", INI.replace("[run]\n", ""))) == toml
    assert read_run_file(write(tmp_path, "b.toml", TOML.replace("[run]\n", ""))) == toml


def test_a_recipe_for_each_style(tmp_path: Path) -> None:
    named = recipes_of(read_run_file(write(tmp_path, "a.toml", TOML)))
    assert [name for name, _ in named] == ["udnie", "candy.style.json"]
    assert [recipe.output.path for _, recipe in named] == ["out/udnie.mp4", "out/candy.mp4"]
    recipe = named[0][1].to_json()
    people, rest = recipe["regions"]
    assert people["matte"] == {"coco": {"path": "people.json", "categories": ["person"], "ids": []}}
    assert (people["style"], people["strength"]) == ("udnie", 0.8)
    assert (rest["style"], rest["matte"]) == ("mosaic", {"background": {}})
    assert recipe["output"]["size"] == "1280x720"
    assert recipe["compute"]["device"] == "cuda:1"


@pytest.mark.parametrize(
    ("segmenter", "matte"),
    [
        ('segmenter = "none"', {"everything": {}}),
        (
            'segmenter = "cryptomatte"\nsegments = ["Hero*"]',
            {"cryptomatte": {"layer": "CryptoObject", "names": ["Hero*"]}},
        ),
        ('segmenter = "images"\nsegment_source = "m.####.png"', {"images": {"path": "m.####.png", "channel": "luma"}}),
    ],
)  # fmt: skip
def test_segmenters(tmp_path: Path, segmenter: str, matte: dict[str, object]) -> None:
    text = f'video = "a.mp4"\nstyles = ["udnie"]\noutput = "b.mp4"\n{segmenter}\n'
    [(_, recipe)] = recipes_of(read_run_file(write(tmp_path, "a.toml", text)))
    assert [region.matte.to_json() for region in recipe.regions] == [matte]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.ini", INI.replace("video", "vidio"), ["vidio", "'video'"]),
        ("a.toml", TOML.replace("video", "vidio"), ["vidio", "'video'"]),
        ("a.ini", INI.replace("= coco", "= cocoa"), ["segmenter", "'coco'"]),
        ("a.ini", INI.replace("0.8", "8"), ["strength is 8", "from 0 to 1"]),
        ("a.ini", INI.replace("{style}", "x"), ["{style}"]),
        ("a.ini", INI.replace("segment_source = people.json\n", ""), ["segment_source"]),
        ("a.ini", INI.replace("styles = udnie, candy.style.json", "styles ="), ["styles is empty"]),
        ("a.ini", INI.replace("video = clip.mp4", "no equals sign"), ["a.ini"]),
        ("a.ini", INI.replace("[run]", "[walk]"), ["[run]"]),
        ("a.toml", "video = ", ["a.toml"]),
        ("a.toml", 'run = "x"', ["run is not a table"]),
    ],
)
def test_a_mistake_names_the_key(tmp_path: Path, name: str, text: str, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        read_run_file(write(tmp_path, name, text))
    assert all(word in caught.value.sentence() for word in words), caught.value.sentence()
    assert "\n" not in caught.value.sentence()


def test_a_missing_or_binary_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.ini"):
        read_run_file(tmp_path / "gone.ini")
    (tmp_path / "b.ini").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match=r"b\.ini"):
        read_run_file(tmp_path / "b.ini")
