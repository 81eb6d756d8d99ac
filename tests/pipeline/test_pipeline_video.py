"""Footage through the pipeline: every frame, its time, the sound, the colours. PyAV is the judge."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pipeline_shots import Listener, library, recipe, write_plate

from nst_backend.contract.errors import CancelledByUser, UsageError
from nst_backend.contract.messages import EventKind
from nst_backend.media.images import read_image, write_image
from nst_backend.pipeline.contact_sheet import CAPTION, GAP, contact_sheet
from nst_backend.pipeline.job import run_job

SIZE = (96, 64)
COUNT = 20
# Ticks of 1/600 s: frame times as a phone writes them.
TICKS = [0, 20, 40, 61, 80, 100, 119, 140, 160, 200, 220, 240, 260, 281, 300, 320, 340, 361, 400, 420]
RATE = 8000


def picture(index: int) -> np.ndarray:
    """8-bit RGB: gradients, a dark and a bright patch, a bar that tells the frame's number."""
    width, height = SIZE
    rows, columns = np.mgrid[0:height, 0:width]
    frame = np.stack([columns * 255 / width, rows * 255 / height, 255 - columns * 200 / width], axis=-1)
    frame[:16, :16], frame[:16, 16:32] = (8, 2, 30), (250, 252, 246)
    frame[-12:, : (index + 1) * 4] = (200, 30, 30)
    return frame.astype(np.uint8)


def make_video(path: Path, *, sound: bool = True) -> None:
    """H.264 with variable frame times, tagged BT.709, and a tone in AAC."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"crf": "4"})
        video.width, video.height = SIZE
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = Fraction(1, 600)
        video.codec_context.colorspace = video.codec_context.color_primaries = video.codec_context.color_trc = 1
        video.codec_context.color_range = 1
        audio = container.add_stream("aac", rate=RATE, layout="mono") if sound else None
        for index, tick in enumerate(TICKS):
            frame = av.VideoFrame.from_ndarray(picture(index), format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = tick, Fraction(1, 600)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            length = RATE * 440 // 600
            tone = np.sin(np.arange(length) * 2 * np.pi * 440 / RATE).astype(np.float32)[None] * 0.5
            for start in range(0, length, 1024):
                block = av.AudioFrame.from_ndarray(tone[:, start : start + 1024], format="fltp", layout="mono")
                block.sample_rate, block.pts = RATE, start
                container.mux(audio.encode(block))
            container.mux(audio.encode(None))


def decoded(path: Path) -> tuple[list[Fraction], np.ndarray]:
    """Times in seconds and pictures ``(N, H, W, 3)`` in 0..1, by PyAV and its swscale."""
    times, frames = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            times.append(frame.pts * Fraction(frame.time_base))
            planes = frame.reformat(format="gbrp16le", src_colorspace="ITU709", dst_color_range="JPEG").to_ndarray()
            frames.append(planes / 65535.0)
    return times, np.array(frames)


def luma_of(path: Path) -> np.ndarray:
    """The code values of luma, ``(N, H, W)``, as they are stored."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray()[: frame.height].astype(float) for frame in container.decode(video=0)])


def sound_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def footage(folder: Path, **parts: Any) -> Any:
    plate = {"path": "shot.mp4", **parts.pop("plate", {})}
    output = {"path": "out/styled.mp4", "depth": None, **parts.pop("output", {})}
    return recipe(plate=plate, output=output, **parts)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_identity_keeps_frames_times_sound_and_colour(tmp_path: Path, suffix: str) -> None:
    make_video(tmp_path / "shot.mp4")
    summary = run_job(
        footage(tmp_path, output={"path": f"out/styled{suffix}"}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    assert summary.styled == list(range(1, COUNT + 1))
    path = tmp_path / "out" / f"styled{suffix}"
    times, before = decoded(tmp_path / "shot.mp4")
    found, after = decoded(path)
    assert len(found) == COUNT == len(times)
    precision = Fraction(1, 1000) if suffix == ".mkv" else 0
    assert all(abs((a - found[0]) - (b - times[0])) <= precision for a, b in zip(found, times, strict=True))
    assert sound_of(path) == sound_of(tmp_path / "shot.mp4") != []
    assert np.abs((after - before).mean(axis=(0, 1, 2))).max() * 255 <= 0.2
    # Each frame is its own: the bar has its length.
    assert np.abs(after - before).max(axis=(1, 2, 3)).max() < 0.15
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.width, stream.codec_context.height) == SIZE
        assert stream.codec_context.colorspace == 1


def test_a_part_of_the_footage_has_its_part_of_the_sound(tmp_path: Path) -> None:
    make_video(tmp_path / "shot.mp4")
    run_job(
        footage(tmp_path, plate={"frames": "6-15"}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    times, before = decoded(tmp_path / "shot.mp4")
    found, after = decoded(tmp_path / "out/styled.mp4")
    assert [time - found[0] for time in found] == [time - times[5] for time in times[5:15]]
    assert np.abs(after - before[5:15]).mean() < 0.02
    assert 0 < len(sound_of(tmp_path / "out/styled.mp4")) < len(sound_of(tmp_path / "shot.mp4"))


def test_footage_without_sound(tmp_path: Path) -> None:
    make_video(tmp_path / "shot.mp4", sound=False)
    run_job(footage(tmp_path), base=tmp_path, reporter=Listener(), library=library(tmp_path / "styles"))
    assert sound_of(tmp_path / "out/styled.mp4") == []
    assert len(decoded(tmp_path / "out/styled.mp4")[0]) == COUNT


def test_stabilised_footage(tmp_path: Path) -> None:
    """A painting of every frame, its motion estimated from the pictures."""
    make_video(tmp_path / "shot.mp4")
    listener = Listener()
    regions = [{"name": "all", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0}]
    run_job(
        footage(tmp_path, regions=regions, temporal={"smoothing": 0.9}, plate={"frames": "1-6"}),
        base=tmp_path,
        reporter=listener,
        library=library(tmp_path / "styles"),
    )
    _, before = decoded(tmp_path / "shot.mp4")
    _, after = decoded(tmp_path / "out/styled.mp4")
    assert len(after) == 6
    assert np.abs(after - before[:6]).mean() > 0.05


def test_footage_to_pictures(tmp_path: Path) -> None:
    make_video(tmp_path / "shot.mp4")
    run_job(
        footage(tmp_path, output={"path": "out/styled.####.png", "depth": "16"}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    assert len(list((tmp_path / "out").glob("*.png"))) == COUNT
    _, before = decoded(tmp_path / "shot.mp4")
    for number in (1, 7, COUNT):
        frame, alpha = read_image(tmp_path / f"out/styled.{number:04d}.png")
        assert alpha is None
        # swscale interpolates chroma differently, and its mean is off by 0.4/255.
        assert np.abs((frame - before[number - 1]).mean(axis=(0, 1))).max() * 255 < 0.7


def test_pictures_to_video(tmp_path: Path) -> None:
    for index in range(8):
        write_image(tmp_path / f"plate.{index + 11:04d}.png", picture(index).astype(np.float32) / 255)
    run_job(
        recipe(plate={"path": "plate.####.png", "fps": 12.5}, output={"path": "out/styled.mp4", "depth": None}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    times, _ = decoded(tmp_path / "out/styled.mp4")
    assert [time - times[0] for time in times] == [Fraction(2 * index, 25) for index in range(8)]
    # BT.709 luma in limited range, from the pictures and in the file.
    luma = np.stack([picture(index) / 255.0 @ [0.2126, 0.7152, 0.0722] for index in range(8)])
    assert abs((luma_of(tmp_path / "out/styled.mp4") - (16.0 + 219.0 * luma)).mean()) <= 0.2


def test_renders_to_video_stand_on_black(tmp_path: Path) -> None:
    """Video has no alpha: what is transparent is black, and edges fade to it."""
    light = np.full((48, 64, 3), 0.5, np.float32)
    alpha = np.zeros((48, 64), np.float32)
    alpha[12:36, 16:48], alpha[12:36, 40:48] = 1.0, 0.5
    write_plate(tmp_path / "plate.0001.exr", light * alpha[:, :, None], alpha)
    run_job(
        recipe(output={"path": "out/styled.mp4", "depth": None}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    _, after = decoded(tmp_path / "out/styled.mp4")
    assert after[0, 4:8, 4:8].max() < 0.02
    assert after[0, 20:28, 24:32].mean() == pytest.approx(0.735, abs=0.02)
    assert after[0, 20:28, 43:46].mean() == pytest.approx(0.537, abs=0.02)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_pictures_with_alpha_at_half_size(tmp_path: Path, suffix: str) -> None:
    light, alpha = np.full((48, 64, 3), 0.5, np.float32), np.zeros((48, 64), np.float32)
    alpha[:, 32:] = 1.0
    write_image(tmp_path / "plate.0001.png", light, alpha)
    run_job(
        recipe(plate={"path": "plate.####.png"}, output={"path": f"s.####{suffix}", "depth": "8", "size": "50%"}),
        base=tmp_path,
        reporter=Listener(),
        library=library(tmp_path / "styles"),
    )
    found, kept = read_image(tmp_path / f"s.0001{suffix}")
    assert found.shape == (24, 32, 3)
    assert found[:, 24:].mean() == pytest.approx(0.5, abs=0.01)
    if suffix == ".jpg":
        assert kept is None
        assert found[:, :8].max() < 0.02
    else:
        assert kept is not None
        assert kept.shape == (24, 32)
        assert (kept[:, :14].max(), kept[:, 18:].min()) == (0.0, 1.0)


def test_contact_sheet_of_a_video(tmp_path: Path) -> None:
    """Each row shows its own frame, also where the job did not begin at the first."""
    make_video(tmp_path / "shot.mp4", sound=False)
    shot, styles = footage(tmp_path, plate={"frames": "6-15"}), library(tmp_path / "styles")
    run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
    path = contact_sheet(
        shot, base=tmp_path, numbers=(6, 15), output=tmp_path / "s.png", width=96, reporter=Listener(), library=styles
    )
    sheet, _ = read_image(path)
    for row in range(2):
        top = GAP + row * (SIZE[1] + CAPTION + GAP)
        plate, styled = (sheet[top : top + SIZE[1], left : left + SIZE[0]] for left in (GAP, 3 * GAP + 2 * SIZE[0]))
        assert np.abs(plate - styled).mean() < 0.02
        assert np.abs(plate - styled).max() < 0.3


class StopAtMuxing(Listener):
    """Stops the job at its first frame of video."""

    def cancelled(self) -> bool:
        return any(event.get("stage") == "video" for event in self.of(EventKind.PROGRESS))


@pytest.mark.parametrize("listener", [Listener(stop_after=COUNT // 2), Listener(stop_after=COUNT), StopAtMuxing()])
def test_cancelling_leaves_no_half_video(tmp_path: Path, listener: Listener) -> None:
    listener.events.clear()
    make_video(tmp_path / "shot.mp4")
    shot, styles = footage(tmp_path), library(tmp_path / "styles")
    with pytest.raises(CancelledByUser):
        run_job(shot, base=tmp_path, reporter=listener, library=styles)
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_file()] == []
    summary = run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
    assert len(summary.skipped) >= COUNT // 2
    assert len(decoded(tmp_path / "out/styled.mp4")[0]) == COUNT


def test_somebody_elses_video_is_not_replaced(tmp_path: Path) -> None:
    make_video(tmp_path / "shot.mp4", sound=False)
    (tmp_path / "out").mkdir()
    precious = tmp_path / "out/styled.mp4"
    precious.write_bytes(b"precious")
    shot, styles = footage(tmp_path, plate={"frames": "1-2"}), library(tmp_path / "styles")
    for _ in range(2):
        with pytest.raises(UsageError, match="--overwrite"):
            run_job(shot, base=tmp_path, reporter=Listener(), library=styles)
        assert precious.read_bytes() == b"precious"
    run_job(shot, base=tmp_path, reporter=Listener(), library=styles, overwrite=True)
    assert len(decoded(precious)[0]) == 2
    # Now it is ours.
    run_job(shot, base=tmp_path, reporter=Listener(), library=styles)


@pytest.mark.parametrize("suffix", [".webm", ".avi", ".gif"])
def test_what_cannot_be_written_is_said_before_the_first_frame(tmp_path: Path, suffix: str) -> None:
    make_video(tmp_path / "shot.mp4", sound=False)
    listener = Listener()
    with pytest.raises(UsageError, match="suffix"):
        run_job(
            footage(tmp_path, output={"path": f"out/styled{suffix}"}),
            base=tmp_path,
            reporter=listener,
            library=library(tmp_path / "styles"),
        )
    assert not listener.of(EventKind.PROGRESS)


def test_super_whites_survive(tmp_path: Path) -> None:
    """Code values above white and below black are part of footage; clipping them would shift its mean."""
    with av.open(str(tmp_path / "shot.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = 1, 1
        for index in range(3):
            luma = np.full((48, 64), 245, np.uint8)
            luma[24:] = 10
            luma[:, : 16 + index] = 128
            planes = np.concatenate([luma.ravel(), np.full(2 * 24 * 32, 128, np.uint8)]).reshape(72, 64)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        container.mux(stream.encode(None))
    run_job(footage(tmp_path), base=tmp_path, reporter=Listener(), library=library(tmp_path / "styles"))

    before, after = luma_of(tmp_path / "shot.mp4"), luma_of(tmp_path / "out/styled.mp4")
    assert before.max() == 245
    assert before.min() == 10
    assert abs((after - before).mean()) <= 0.2
    assert np.abs(after[:, 4:20, 24:60] - 245).max() <= 2
