"""Judging a whole sequence: lags, cuts, JSON and the table."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.flow.source import Motion
from nst_backend.metrics.evaluation import Evaluation, evaluation_json, evaluation_table
from nst_backend.metrics.report import EvaluatedFrame, evaluate_sequence
from nst_backend.metrics.series import FrameSeries
from nst_backend.temporal.stabiliser import Stabiliser

SIZE = (60, 80)


def motion(dx: float) -> Motion:
    backward = np.zeros((*SIZE, 2), np.float32)
    backward[..., 0] = dx
    return Motion(backward, -backward, np.ones(SIZE, bool), np.ones(SIZE, bool), "exact")


def wide(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).random((60, 140, 3), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return (smooth - smooth.min()) / (smooth.max() - smooth.min())


def pan(frames: int = 14, *, flicker: float = 0.1, stabilise: bool = False) -> Iterator[EvaluatedFrame]:
    """A plate that slides by 2 px a frame and a painting of it that flickers."""
    stabiliser, plates, paint = Stabiliser(), wide(0), wide(1)
    for number in range(frames):
        window = slice(2 * number, 2 * number + 80)
        noise = np.random.default_rng(number).normal(0, flicker, (*SIZE, 3)).astype(np.float32)
        raw = np.clip(paint[:, window] * 0.4 + 0.3 + noise, 0, 1)
        moved = motion(2) if number else None
        output = stabiliser.step(raw, plates[:, window], moved, None, number).picture if stabilise else raw
        yield EvaluatedFrame(output=output, plate=plates[:, window], motion=moved, raw=raw, number=number + 1)


def test_white_flicker_scores_the_same_at_every_lag_and_the_plate_scores_nothing() -> None:
    report = evaluate_sequence(pan())
    assert report.frames == 14
    assert report.size == (80, 60)
    for lag in (1, 5, 10):
        assert report.scores[lag].pairs == 14 - lag
        assert report.scores[lag].e_cons == pytest.approx(0.1 * np.sqrt(2), rel=0.05)
        assert report.plate_scores[lag].e_stab == 0
        assert report.scores[lag].counted == pytest.approx((80 - 2 * lag - 1) / 80, abs=0.02)
    assert report.sharpness == {0.0: 1.0, 1.0: 1.0, 2.0: 1.0}
    assert report.distance == 0


def test_the_stabiliser_is_seen_to_help_and_what_it_costs_is_seen_too() -> None:
    report = evaluate_sequence(pan(stabilise=True))
    assert report.scores[1].e_cons is not None
    assert report.raw_scores[1].e_cons is not None
    assert report.scores[1].e_cons < 0.4 * report.raw_scores[1].e_cons
    assert report.scores[10].e_stab < report.raw_scores[10].e_stab
    assert 0 < report.sharpness[0.0] < 1
    assert report.distance > 0.05


def test_no_pair_is_scored_across_a_cut() -> None:
    frames = list(pan(6)) + list(pan(6))
    report = evaluate_sequence(frames, lags=(1, 3))
    assert report.scores[1].pairs == 10
    assert report.scores[3].pairs == 6


def test_ids_keep_other_objects_out() -> None:
    frames = list(pan(2))
    ids = np.zeros(SIZE, np.uint32)
    changed = np.where(np.arange(80)[None] < 40, np.uint32(0), np.uint32(5)) * np.ones(SIZE, np.uint32)
    marked = [
        EvaluatedFrame(output=f.output, plate=f.plate, motion=f.motion, ids=i)
        for f, i in zip(frames, (ids, changed), strict=True)
    ]
    assert evaluate_sequence(marked).scores[1].counted == pytest.approx(39 / 80)


def test_json_and_table_hold_the_numbers() -> None:
    series = FrameSeries()
    report = evaluate_sequence(pan(8, stabilise=True), lags=(1, 5), observers=(series,))
    evaluation = Evaluation(report=report, series=series, missing={"LPIPS": "fetch it"})
    data = json.loads(evaluation_json(evaluation))
    assert data["scores"]["5"]["pairs"] == 3
    assert data["scores"]["1"]["e_stab"] == report.scores[1].e_stab
    assert set(data["sharpness"]) == {"0", "1", "2"}
    assert data["stills"]["ssim"] == series.mean("ssim")
    assert data["over_frames"]["frames"] == list(range(1, 9))
    assert data["not_measured"] == {"LPIPS": "fetch it"}
    table = evaluation_table(evaluation)
    assert "8 frames of 80 x 60" in table
    assert f"{report.scores[1].e_stab:.4f}" in table
    assert "sharpness kept" in table
    assert "LPIPS: not measured, fetch it" in table


def test_a_single_frame_has_no_scores_but_a_report() -> None:
    series = FrameSeries()
    report = evaluate_sequence(pan(1), observers=(series,))
    assert report.scores == {}
    evaluation = Evaluation(report=report, series=series)
    json.loads(evaluation_json(evaluation))
    evaluation_table(evaluation)


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(UsageError, match="lags"):
        evaluate_sequence(pan(2), lags=(0,))
    with pytest.raises(UsageError, match="no frames"):
        evaluate_sequence([])
    frames = list(pan(2))
    small = EvaluatedFrame(output=frames[0].output[:30], plate=frames[0].plate[:30], motion=None)
    with pytest.raises(InputError, match="differ in size"):
        evaluate_sequence([frames[0], small])
