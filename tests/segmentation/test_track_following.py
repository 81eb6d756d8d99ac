"""Objects stay the same through a shot, whatever the network does."""

from __future__ import annotations

import numpy as np
import pytest
from track_shots import (
    Shot,
    Thing,
    Watching,
    agreement,
    everything,
    followed,
    identities,
    mattes,
    only,
    seen,
    straight,
)

from nst_backend.contract.errors import InputError
from nst_backend.flow.source import Motion
from nst_backend.image.boxes import Box
from nst_backend.segmentation.detection import Detection
from nst_backend.segmentation.following import follow
from nst_backend.segmentation.options import FollowOptions

RED, BLUE, GREEN = (0.8, 0.2, 0.15), (0.15, 0.25, 0.8), (0.2, 0.7, 0.2)
BALL = Thing("ball", straight((40, 30), (1, 4)), (24, 28), RED)


def test_a_thing_that_moves_is_one_object() -> None:
    shot = Shot([BALL], 12)
    found = followed(shot)
    ball = only(found)
    assert (ball.id, ball.label, ball.first, ball.last, ball.frames) == (1, "thing", 0, 11, 12)
    assert ball.score == pytest.approx(0.9)
    assert ball.area == pytest.approx(np.mean([shot.masks(t)["ball"].mean() for t in range(12)]), rel=1e-3)
    for frame, objects in mattes(shot, found).items():
        assert agreement(objects[1], shot.masks(frame)["ball"]) > 0.98


def test_the_picture_to_show_holds_the_object() -> None:
    shot = Shot([BALL], 12)
    ball = only(followed(shot))
    rows, columns = np.nonzero(shot.masks(ball.shown)["ball"])
    assert ball.box.top <= rows.min() < rows.max() < ball.box.bottom
    assert ball.box.left <= columns.min() < columns.max() < ball.box.right


def test_objects_count_from_one_by_first_appearance_then_by_size() -> None:
    small = Thing("small", straight((20, 20), (0, 2)), (10, 10), BLUE)
    late = Thing("late", straight((80, 60), (0, 1), range(4, 12)), (30, 60), GREEN)
    found = followed(Shot([small, BALL, late], 12))
    assert [(entry.id, entry.first) for entry in found.objects] == [(1, 0), (2, 0), (3, 4)]
    assert found.objects[0].area > found.objects[1].area


def test_the_numbers_of_the_frames_are_those_that_were_asked_for() -> None:
    shot = Shot([BALL], 40)
    numbers = (3, 5, 7, 9, 11)
    found = follow(
        numbers,
        picture=shot.picture,
        segmenter=Watching(lambda place: [seen(shot.masks(numbers[place])["ball"])]),
        motion=shot.motion,
        batch=2,
        progress=lambda *told: None,
    )
    assert (only(found).first, only(found).last) == (3, 11)
    every = found.mattes(picture=shot.picture, motion=shot.motion, progress=lambda *told: None)
    assert [number for number, _ in every] == list(numbers)


def test_the_order_of_the_detections_means_nothing() -> None:
    other = Thing("other", straight((60, 100), (-1, -3)), (24, 28), RED)
    shot = Shot([BALL, other], 10)

    def shuffled(frame: int) -> list[Detection]:
        return everything(shot)(frame)[:: 1 if frame % 2 else -1]

    found = followed(shot, shuffled)
    assert len(found.objects) == 2
    assert all(len(names) == 1 for names in identities(shot, mattes(shot, found)).values())


def test_things_that_cross_stay_apart() -> None:
    shot = Shot(
        [
            Thing("behind", straight((48, 20), (0, 5)), (30, 22), BLUE),
            Thing("before", straight((52, 110), (0, -5)), (34, 20), RED),
        ],
        18,
    )
    found = followed(shot)
    names = identities(shot, mattes(shot, found))
    assert len(found.objects) == 2
    assert names["behind"] != names["before"]
    assert all(len(which) == 1 for which in names.values())


def test_a_label_that_flips_stays_with_its_object() -> None:
    shot = Shot([BALL], 12)
    found = followed(
        shot,
        lambda frame: [seen(shot.masks(frame)["ball"], *(("other", 0.55) if frame % 3 == 0 else ("thing", 0.9)))],
    )
    assert only(found).label == "thing"
    assert only(found).frames == 12


def test_the_surer_label_wins_over_the_more_frequent() -> None:
    shot = Shot([BALL], 10)
    found = followed(
        shot,
        lambda frame: [seen(shot.masks(frame)["ball"], *(("other", 0.99) if frame < 5 else ("thing", 0.6)))],
    )
    assert only(found).label == "other"


def test_what_is_missed_is_carried_along_the_flow() -> None:
    shot = Shot([BALL], 14)
    found = followed(shot, lambda frame: [] if frame in (4, 5, 6, 9) else everything(shot)(frame))
    assert only(found).frames == 14
    assert only(found).score == pytest.approx(0.9)
    for frame, objects in mattes(shot, found).items():
        assert agreement(objects[1], shot.masks(frame)["ball"]) > 0.95, frame


def test_a_mistake_within_a_thing_that_was_missed_is_not_taken_for_it() -> None:
    shot = Shot([BALL], 9)

    def tell(frame: int) -> list[Detection]:
        if frame != 4:
            return everything(shot)(frame)
        part = np.zeros(shot.size, np.float32)
        part[40:46, 40:50] = 1
        return [seen(part * shot.masks(4)["ball"], score=0.6)]

    found = followed(shot, tell)
    assert only(found).frames == 9
    assert agreement(mattes(shot, found)[4][1], shot.masks(4)["ball"]) > 0.95


def test_a_thing_behind_another_has_no_matte_there_and_is_the_same_after() -> None:
    pole = Thing("pole", straight((48, 70), (0, 0)), (90, 36), GREEN, round=False)
    shot = Shot([Thing("walker", straight((48, 14), (0, 5)), (30, 20), RED), pole], 22)
    hidden = [frame for frame in range(22) if "walker" not in shot.masks(frame)]
    assert len(hidden) >= 3

    def walker(frame: int) -> list[Detection]:
        mask = shot.masks(frame).get("walker")
        # A network misses what is mostly hidden.
        return [] if mask is None or mask.sum() < 200 else [seen(mask)]

    found = followed(shot, walker)
    objects = mattes(shot, found)
    assert only(found).id == 1
    for frame in range(22):
        truth = shot.masks(frame).get("walker")
        if truth is None:
            assert objects[frame] == {}, frame
        elif truth.sum() > 200:
            assert agreement(objects[frame][1], truth) > 0.9, frame
        elif 1 in objects[frame]:
            # In part behind the pole: what is claimed is the walker, not the pole.
            assert (objects[frame][1] * (1 - truth)).sum() < 0.1 * 30 * 20, frame


def test_what_is_seen_once_is_no_object() -> None:
    shot = Shot([BALL], 12)

    def flickering(frame: int) -> list[Detection]:
        rng = np.random.default_rng(frame)
        top, left = (int(value) for value in rng.integers(0, 70, 2))
        noise = Detection(
            label="thing", score=0.8, box=Box(top, left, top + 16, left + 16), mask=np.ones((16, 16), np.float32)
        )
        return [*everything(shot)(frame), *([noise] if frame % 4 == 0 else [])]

    assert only(followed(shot, flickering)).frames == 12


def test_a_shot_of_one_frame_has_its_objects() -> None:
    assert only(followed(Shot([BALL], 1))).frames == 1


def test_a_thing_that_is_seen_twice_is_one() -> None:
    shot = Shot([BALL], 8)

    def twice(frame: int) -> list[Detection]:
        first = seen(shot.masks(frame)["ball"])
        less = first.mask.copy()
        less[:3] = 0
        return [first, Detection(label="other", score=0.7, box=first.box, mask=less)]

    assert only(followed(shot, twice)).label == "thing"


def test_a_doubtful_detection_continues_an_object_and_begins_none() -> None:
    shot = Shot([BALL, Thing("faint", straight((80, 20), (0, 1)), (14, 14), GREEN)], 12)

    def tell(frame: int) -> list[Detection]:
        masks = shot.masks(frame)
        return [seen(masks["ball"], score=0.9 if frame < 4 else 0.3), seen(masks["faint"], score=0.3)]

    ball = only(followed(shot, tell))
    assert ball.frames == 12
    assert ball.score == pytest.approx((4 * 0.9 + 8 * 0.3) / 12)


def test_a_cut_begins_new_objects() -> None:
    shot = Shot([BALL], 12, cut=6)
    found = followed(shot)
    assert [(entry.first, entry.last) for entry in found.objects] == [(0, 5), (6, 11)]


def test_what_was_away_for_long_is_another() -> None:
    shot = Shot([Thing("guest", lambda t: None if 6 <= t < 16 else (40, 40 + t), (24, 24), RED)], 24)
    short = followed(shot, options=FollowOptions(hidden=4))
    assert [(entry.first, entry.last) for entry in short.objects] == [(0, 5), (16, 23)]
    assert only(followed(shot, options=FollowOptions(hidden=12))).last == 23


def test_a_class_as_a_whole_is_one_object() -> None:
    shot = Shot([BALL, Thing("second", straight((80, 100), (0, -1)), (14, 14), GREEN)], 10)

    def tell(frame: int) -> list[Detection]:
        return [seen(np.maximum(*shot.masks(frame).values()))]

    assert only(followed(shot, tell, instances=False)).frames == 10


def test_three_hundred_objects_keep_their_numbers() -> None:
    ways = [straight((8 + 12 * (index // 25), 12 + 15 * (index % 25)), (1, (-1) ** index)) for index in range(300)]
    tints = np.random.default_rng(3).uniform(0.05, 0.95, (300, 3))
    things = [Thing(str(index), way, (7, 7), tuple(tints[index])) for index, way in enumerate(ways)]
    shot = Shot(things, 5, size=(160, 400))
    found = followed(shot, options=FollowOptions(smoothing=0))
    assert len(found.objects) == 300
    assert all(entry.frames == 5 for entry in found.objects)
    assert all(len(which) == 1 for which in identities(shot, mattes(shot, found)).values())


def test_a_thing_of_one_pixel_is_followed_and_kept() -> None:
    shot = Shot([Thing("dot", straight((40, 10), (1, 3)), (1, 1), RED)], 10)
    found = followed(shot)
    assert only(found).frames == 10
    for frame, objects in mattes(shot, found).items():
        np.testing.assert_array_equal(objects[1], shot.masks(frame)["dot"])


def test_frames_without_anything() -> None:
    shot = Shot([BALL], 6)
    found = followed(shot, lambda frame: [])
    assert found.objects == ()
    assert list(mattes(shot, found).values()) == [{}] * 6


def test_an_empty_mask_is_nothing() -> None:
    shot = Shot([BALL], 6)
    empty = Detection(label="thing", score=1.0, box=Box(0, 0, 4, 4), mask=np.zeros((4, 4), np.float32))
    assert followed(shot, lambda frame: [empty]).objects == ()


def test_mattes_never_claim_a_pixel_twice() -> None:
    other = Thing("other", straight((48, 60), (0, 1)), (50, 60), BLUE)
    shot = Shot([other, BALL], 6)

    def overlapping(frame: int) -> list[Detection]:
        masks = shot.masks(frame)
        return [seen(masks["ball"]), seen(np.maximum(*masks.values()), "other")]

    found = followed(shot, overlapping)
    for frame, objects in mattes(shot, found).items():
        assert sum(objects.values()).max() <= 1 + 1e-6
        # The small one lies before the large one, or it would be lost.
        assert agreement(objects[2], shot.masks(frame)["ball"]) > 0.95


def test_frames_of_other_sizes_are_refused_in_a_sentence() -> None:
    shot, larger = Shot([BALL], 6), Shot([BALL], 6, size=(100, 130))
    with pytest.raises(InputError, match="frame 3 is 130 x 100, and those before are 128 x 96"):
        follow(
            range(6),
            picture=lambda number: (larger if number == 3 else shot).picture(number),
            segmenter=Watching(everything(shot)),
            motion=shot.motion,
            progress=lambda *told: None,
        )


def test_the_work_stops_where_it_is_told_to() -> None:
    shot = Shot([BALL], 6)

    def stop(stage: str, done: int, total: int) -> None:
        assert (stage, total) == ("find", 6)
        if done == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        follow(range(6), picture=shot.picture, segmenter=Watching(everything(shot)), motion=shot.motion, progress=stop)


def test_motion_known_one_way_only_is_enough() -> None:
    shot = Shot([BALL], 8)

    def backward_only(earlier: int, later: int) -> Motion:
        motion = shot.motion(earlier, later)
        return Motion(motion.backward, None, motion.valid, motion.known, motion.kind)

    found = follow(
        range(8),
        picture=shot.picture,
        segmenter=Watching(lambda frame: [] if frame == 4 else everything(shot)(frame)),
        motion=backward_only,
        progress=lambda *told: None,
    )
    assert only(found).frames == 8
    for frame, objects in found.mattes(picture=shot.picture, motion=backward_only, progress=lambda *told: None):
        box, coverage = objects[1]
        assert agreement(coverage, shot.masks(frame)["ball"][box.slices]) > 0.95
