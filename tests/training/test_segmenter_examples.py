"""What a segmenter learns from: exact masks of a render's Cryptomatte and of annotations, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from segmenter_files import COLOURS, HEIGHT, WIDTH, places, segmenter_recipe, write_annotations, write_plate

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.image.boxes import Box
from nst_backend.image.transfer import srgb_encode
from nst_backend.media.images import write_image
from nst_backend.training.segmenters.annotations import open_annotations
from nst_backend.training.segmenters.plates import check_plates, open_plates
from nst_backend.training.segmenters.store import ExampleStore, source_key


def filled(*boxes: Box) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    for box in boxes:
        mask[box.slices] = True
    return mask


# ---- Plates


def test_parts_are_one_object_and_each_name_is_its_own(tmp_path: Path) -> None:
    (plate,) = open_plates([write_plate(tmp_path)], segmenter_recipe())
    example = plate.read(2)
    where = places(3)
    assert example.labels == (0, 1, 1)
    np.testing.assert_array_equal(example.masks[0], filled(where["Hero.Body"], where["Hero.Head"]))
    np.testing.assert_array_equal(example.masks[1], filled(where["Car.1"]))
    np.testing.assert_array_equal(example.masks[2], filled(where["Car.2"]))
    assert not example.ignored.any()


def test_the_picture_is_what_the_networks_see(tmp_path: Path) -> None:
    (plate,) = open_plates([write_plate(tmp_path)], segmenter_recipe())
    inside = plate.read(0).display[40, 50]
    wanted = srgb_encode(np.array(COLOURS["Car.1"], np.float32))
    np.testing.assert_allclose(inside, wanted, atol=0.5 / 255)


def test_slivers_are_neither_taught_nor_judged(tmp_path: Path) -> None:
    small = Box(2, 2, 6, 6)
    (plate,) = open_plates([write_plate(tmp_path, extra={"Car.3": small})], segmenter_recipe(least_area=17))
    example = plate.read(0)
    assert example.labels == (0, 1, 1)
    np.testing.assert_array_equal(example.ignored, filled(small))
    (plate,) = open_plates([tmp_path], segmenter_recipe(least_area=16))
    assert plate.read(0).labels == (0, 1, 1, 1)


def test_large_plates_are_kept_at_the_size_that_is_looked_at(tmp_path: Path) -> None:
    (plate,) = open_plates([write_plate(tmp_path, 1, scale=3)], segmenter_recipe())
    example = plate.read(0)
    assert example.picture.shape == (HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(example.masks[1], filled(places(1)["Car.1"]))


def test_a_name_that_no_plate_has_is_told_with_the_nearest(tmp_path: Path) -> None:
    recipe = segmenter_recipe(classes=[{"name": "hero", "names": ["Hero.Bodi"]}])
    plates = open_plates([write_plate(tmp_path)], recipe)
    with pytest.raises(UsageError, match=r"class 'hero': 'Hero.Bodi'.*Hero.Body"):
        check_plates(plates, recipe)
    assert check_plates(open_plates([tmp_path], segmenter_recipe()), segmenter_recipe()) == ()


def test_a_wildcard_that_matches_nothing_is_told(tmp_path: Path) -> None:
    recipe = segmenter_recipe(classes=[{"name": "boat", "names": ["Boat*"]}])
    with pytest.raises(UsageError, match="class 'boat'"):
        check_plates(open_plates([write_plate(tmp_path)], recipe), recipe)


def test_a_layer_that_is_not_there_is_told_with_the_plate(tmp_path: Path) -> None:
    recipe = segmenter_recipe(layer="CryptoAsset")
    plates = open_plates([write_plate(tmp_path)], recipe)
    with pytest.raises(UsageError, match="CryptoAsset"):
        check_plates(plates, recipe)


def test_pictures_without_cryptomatte_are_refused_as_plates(tmp_path: Path) -> None:
    write_image(tmp_path / "shot.0001.png", np.zeros((8, 8, 3), np.float32))
    with pytest.raises(UsageError, match="--annotations"):
        open_plates([tmp_path], segmenter_recipe())


def test_a_missing_plate_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent"):
        open_plates([tmp_path / "absent.####.exr"], segmenter_recipe())


# ---- Annotations

BY_CATEGORY = [{"name": "person", "names": ["hero"]}, {"name": "vehicle", "names": ["car"]}]


def test_polygons_and_run_lengths_become_masks(tmp_path: Path) -> None:
    source = open_annotations(write_annotations(tmp_path), None, segmenter_recipe(classes=BY_CATEGORY))
    assert len(source) == 3
    example = source.read(1)
    assert example.labels == (0, 1)
    np.testing.assert_array_equal(example.masks[0], filled(Box(20, 10, 40, 30)))
    np.testing.assert_array_equal(example.masks[1], filled(Box(30, 50, 50, 80)))
    np.testing.assert_allclose(example.display[30, 20], (1.0, 0.0, 0.0), atol=1e-6)


def test_an_unknown_category_is_told_with_the_nearest(tmp_path: Path) -> None:
    recipe = segmenter_recipe(classes=[{"name": "vehicle", "names": ["cars"]}])
    with pytest.raises(UsageError, match=r"no category 'cars'.*'car'"):
        open_annotations(write_annotations(tmp_path), None, recipe)


def test_annotations_of_nothing_are_told(tmp_path: Path) -> None:
    path = write_annotations(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**data, "annotations": []}), encoding="utf-8")
    with pytest.raises(InputError, match="outlines nothing of person, vehicle"):
        open_annotations(path, None, segmenter_recipe(classes=BY_CATEGORY))


def test_a_picture_of_another_size_is_told(tmp_path: Path) -> None:
    source = open_annotations(
        write_annotations(tmp_path, size=(WIDTH, 65)), None, segmenter_recipe(classes=BY_CATEGORY)
    )
    with pytest.raises(InputError, match=r"photo1.png is 96x64, shot.json says 96x65"):
        source.read(0)


def test_missing_pictures_are_told_before_anything_is_read(tmp_path: Path) -> None:
    path = write_annotations(tmp_path)
    (tmp_path / "photo2.png").unlink()
    with pytest.raises(InputError, match=r"photo2.png.*--pictures"):
        open_annotations(path, None, segmenter_recipe(classes=BY_CATEGORY))


@pytest.mark.parametrize("name", ["../photo1.png", "/photo1.png", "C:/photo1.png", "a\\..\\..\\photo1.png"])
def test_pictures_outside_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    path = write_annotations(tmp_path)
    data = json.loads(path.read_text(encoding="utf-8"))
    data["images"][0]["file_name"] = name
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="one folder"):
        open_annotations(path, None, segmenter_recipe(classes=BY_CATEGORY))


# ---- The store


def test_examples_come_back_as_they_were(tmp_path: Path) -> None:
    recipe = segmenter_recipe(least_area=17)
    (plate,) = open_plates([write_plate(tmp_path / "plate", extra={"Car.3": Box(2, 2, 6, 6)})], recipe)
    chosen = [(plate, index) for index in range(len(plate))]
    heard: list[tuple[int, int]] = []
    ExampleStore(tmp_path / "store").fill(chosen, "key", lambda *told: heard.append(told))
    store = ExampleStore(tmp_path / "store")
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (len(store), store.key, store.objects) == (4, "key", ((0, 1, 1),) * 4)
    for number in range(4):
        one, other = store[number], plate.read(number)
        assert (one.name, one.labels) == (other.name, other.labels)
        for kind in ("picture", "masks", "ignored"):
            np.testing.assert_array_equal(getattr(one, kind), getattr(other, kind))
    store.fill(chosen, "key", lambda *told: pytest.fail("made anew"))


def test_the_key_changes_with_files_and_classes(tmp_path: Path) -> None:
    recipe = segmenter_recipe()
    (plate,) = open_plates([write_plate(tmp_path)], recipe)
    chosen = [(plate, 0), (plate, 1)]
    keys = {
        source_key(recipe, chosen),
        source_key(recipe, chosen[:1]),
        source_key(segmenter_recipe(least_area=50), chosen),
    }
    assert len(keys) == 3
    assert source_key(segmenter_recipe(steps=9, rate=1e-4), chosen) in keys
    write_plate(tmp_path, extra={"Car.3": Box(2, 2, 6, 6)})
    assert source_key(recipe, chosen) not in keys


def test_a_damaged_example_is_told(tmp_path: Path) -> None:
    (plate,) = open_plates([write_plate(tmp_path / "plate")], segmenter_recipe())
    store = ExampleStore(tmp_path / "store")
    store.fill([(plate, 0)], "key", lambda done, total: None)
    (tmp_path / "store" / "00000.npz").write_bytes(b"PK no archive")
    with pytest.raises(InputError, match="cannot be read"):
        store[0]
