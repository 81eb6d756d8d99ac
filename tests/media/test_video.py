"""Video keeps its frames, times, size, colour and sound."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from nst_backend.contract.errors import InputError, NstError, UsageError
from nst_backend.media.video import VideoReader, mux_video

CLIPS = ["car.mp4", "sample_video.mp4"]


def numbered(count: int, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """Frames whose mean grey tells their index, with a marker in the upper left corner."""
    frames = []
    for index in range(count):
        frame = np.full((height, width, 3), 0.1 + 0.8 * index / max(count - 1, 1), np.float32)
        frame[: height // 4, : width // 4] = (1, 0, 0)
        frames.append(frame)
    return frames


def index_of(frame: np.ndarray, count: int) -> int:
    grey = float(frame[frame.shape[0] // 2 :, frame.shape[1] // 2 :].mean())
    return round((grey - 0.1) / 0.8 * (count - 1))


def judged(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return [(frame.pts, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


@pytest.mark.parametrize("name", CLIPS)
def test_real_clips_have_every_frame(shared_data: Path, name: str) -> None:
    path = shared_data / "footage" / "clips" / name
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = Fraction(stream.time_base)
        stamps = [frame.pts for frame in container.decode(stream)]
    with VideoReader(path) as video:
        assert len(video) == len(stamps)
        assert video.times == tuple((pts - stamps[0]) * base for pts in stamps)
        assert video.size == (1280, 720)


def test_any_order_gives_the_same_frames(shared_data: Path) -> None:
    with VideoReader(shared_data / "footage" / "clips" / "car.mp4") as video:
        last = len(video) - 1
        ahead = {index: video.read(index) for index in (0, 1, 2, 40, 89, 90, 91, last)}
        for index in (last, 91, 2, 90, 0, 89, 40, 1):
            np.testing.assert_array_equal(video.read(index), ahead[index])


@pytest.mark.parametrize("name", CLIPS)
def test_colour_of_real_clips_agrees_with_swscale(shared_data: Path, name: str) -> None:
    path = shared_data / "footage" / "clips" / name
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        # Its packed formats truncate by up to 2/255; the planar 16-bit one is off by 0.4/255.
        options = {"src_colorspace": "ITU709", "dst_colorspace": "ITU709", "src_color_range": "MPEG"}
        expected = frame.reformat(format="gbrp16le", dst_color_range="JPEG", **options).to_ndarray() / 65535
    with VideoReader(path) as video:
        difference = np.clip(video.read(0), 0, 1) - expected
    assert np.abs(difference.mean((0, 1))).max() < 0.6 / 255
    assert np.abs(difference).mean() < 1 / 255


@pytest.mark.parametrize("name", CLIPS)
def test_identity_shifts_no_mean(tmp_path: Path, shared_data: Path, name: str) -> None:
    path = shared_data / "footage" / "clips" / name
    chosen = range(30, 42)
    with VideoReader(path) as video:
        before = [video.read(index) for index in chosen]
        times = [video.times[index] - video.times[30] for index in chosen]
        tags = video.tags
    mux_video(before, tmp_path / "a.mp4", source=path, indices=chosen)
    with VideoReader(tmp_path / "a.mp4") as video:
        assert list(video.times) == times
        assert (video.tags.matrix, video.tags.full_range) == (tags.matrix, tags.full_range)
        shifts = [(after - original).mean((0, 1)) for after, original in zip(video, before, strict=True)]
    assert np.abs(np.mean(shifts, axis=0)).max() * 255 <= 0.2
    assert np.abs(shifts).max() * 255 <= 0.3


def test_lossless_quality_returns_the_stored_codes(tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "footage" / "clips" / "car.mp4"
    with VideoReader(path) as video:
        mux_video(
            [video.read(index) for index in range(3)], tmp_path / "a.mp4", source=path, indices=range(3), quality=0
        )
    for (_, before), (_, after) in zip(judged(path), judged(tmp_path / "a.mp4"), strict=False):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_variable_frame_times(tmp_path: Path, container: str) -> None:
    count = 40
    steps = np.random.default_rng(3).integers(1, 90, count)
    times = [Fraction(int(tick), 600) for tick in np.cumsum(steps)]
    path = tmp_path / f"a.{container}"
    assert mux_video(numbered(count), path, times=times) == count
    with av.open(str(path)) as opened:
        assert any(frame.pict_type == av.video.frame.PictureType.B for frame in opened.decode(video=0))
    with VideoReader(path) as video:
        found = video.times
        expected = [time - times[0] for time in times]
        if container == "mkv":
            assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= Fraction(1, 1000)
        else:
            assert list(found) == expected
        assert [index_of(frame, count) for frame in video] == list(range(count))
        for index in (39, 0, 17, 38, 5):
            assert index_of(video.read(index), count) == index


@pytest.mark.parametrize("fps", [24, Fraction(30000, 1001), 23.976, 12.5])
def test_constant_rate(tmp_path: Path, fps: Any) -> None:
    mux_video(numbered(9), tmp_path / "a.mp4", fps=fps)
    with VideoReader(tmp_path / "a.mp4") as video:
        assert float(video.fps) == pytest.approx(float(fps), rel=1e-5)
        assert len(video) == 9
        assert len(set(np.diff([float(time) for time in video.times]).round(9))) == 1


@pytest.mark.parametrize("size", [(64, 48), (63, 48), (64, 47), (33, 35), (2, 2)])
@pytest.mark.parametrize("bits", [8, 10])
def test_exact_size(tmp_path: Path, size: tuple[int, int], bits: Any) -> None:
    frames = numbered(3, *size)
    mux_video(frames, tmp_path / "a.mp4", fps=24, quality=4, bits=bits)
    with VideoReader(tmp_path / "a.mp4") as video:
        assert video.size == size
        assert video.bits == bits
        found = video.read(2)
        assert found.shape == (size[1], size[0], 3)
        np.testing.assert_allclose(found[-1, -1], frames[2][-1, -1], atol=0.03)
    assert judged(tmp_path / "a.mp4")[0][1].shape == (size[1], size[0], 3)


def test_ten_bits_are_finer_than_eight(tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(0.2, 0.25, 256, dtype=np.float32)[None, :, None], 64, 0).repeat(3, 2)
    errors = {}
    for bits in (8, 10):
        mux_video([ramp], tmp_path / f"{bits}.mp4", fps=24, quality=0 if bits == 8 else 1, bits=bits)
        with VideoReader(tmp_path / f"{bits}.mp4") as video:
            errors[bits] = np.abs(video.read(0) - ramp).mean()
    assert errors[10] < errors[8] / 2


def test_tags_are_written(tmp_path: Path) -> None:
    mux_video(numbered(2), tmp_path / "a.mp4", fps=24)
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)


def encoded(path: Path, frames: list[np.ndarray], *, format_: str = "yuv420p", rotation: int = 0, **tags: int) -> None:
    """A file made without the code under test."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "1"})
        height, width, _ = frames[0].shape
        stream.width, stream.height, stream.pix_fmt = width, height, format_
        if rotation:
            stream.set_display_rotation(rotation)
        for key, value in tags.items():
            setattr(stream.codec_context, key, value)
        for values in frames:
            frame = av.VideoFrame.from_ndarray(np.rint(values * 255).astype(np.uint8), "rgb24")
            if tags:
                names = {1: "ITU709", 6: "ITU601"}
                frame = frame.reformat(
                    format=format_,
                    src_color_range="JPEG",
                    dst_colorspace=names[tags["colorspace"]],
                    dst_color_range="JPEG" if tags["color_range"] == 2 else "MPEG",
                )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("colorspace", [1, 6])
@pytest.mark.parametrize("color_range", [1, 2])
def test_matrix_and_range_follow_the_tags(tmp_path: Path, colorspace: int, color_range: int) -> None:
    patches = np.float32([[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.2, 0.2, 0.9], [0.5, 0.5, 0.5]])
    picture = np.repeat(np.repeat(patches.reshape(2, 2, 3), 32, 0), 32, 1)
    encoded(tmp_path / "a.mp4", [picture], colorspace=colorspace, color_range=color_range)
    with VideoReader(tmp_path / "a.mp4") as video:
        assert video.tags.matrix == {1: "bt709", 6: "bt601"}[colorspace]
        assert video.tags.full_range == (color_range == 2)
        found = video.read(0)
    centres = found[16::32, 16::32].reshape(4, 3)
    np.testing.assert_allclose(centres, patches, atol=3 / 255)


@pytest.mark.parametrize(("height", "matrix"), [(480, "bt601"), (720, "bt709")])
def test_untagged_video_goes_by_its_lines(tmp_path: Path, height: int, matrix: str) -> None:
    encoded(tmp_path / "a.mp4", [np.full((height, 64, 3), 0.5, np.float32)])
    with VideoReader(tmp_path / "a.mp4") as video:
        assert video.tags.matrix == matrix


@pytest.mark.parametrize(
    ("name", "codec", "format_", "options"),
    [
        ("a.avi", "mpeg4", "yuv420p", {"bf": "2", "qscale": "2"}),
        ("a.h264", "libx264", "yuv420p", {"bf": "3"}),
        ("a.mkv", "ffv1", "bgr0", {}),
        ("a.mkv", "ffv1", "gbrp10le", {}),
        ("a.mkv", "ffv1", "gray", {}),
        ("a.mkv", "ffv1", "yuv410p", {}),
        ("a.mov", "prores_ks", "yuv422p10le", {}),
        ("a.mov", "prores_ks", "yuva444p10le", {"profile": "4444"}),
        ("a.mov", "mjpeg", "yuvj422p", {"q": "2"}),
        ("a.mp4", "libx265", "yuv420p10le", {"x265-params": "log-level=none:bframes=3"}),
        ("a.webm", "libvpx-vp9", "yuv420p", {"crf": "10"}),
        ("a.ts", "libx264", "yuv420p", {"bf": "2"}),
        ("a.mpg", "mpeg2video", "yuv420p", {"bf": "2"}),
    ],
)
def test_other_codecs_and_containers(
    tmp_path: Path, name: str, codec: str, format_: str, options: dict[str, str]
) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg has no {codec}")
    count = 14
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, format_
        stream.codec_context.gop_size = 5
        for values in numbered(count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.rint(values * 255).astype(np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    with VideoReader(path) as video:
        assert len(video) == count
        assert video.fps == 25
        assert [index_of(frame, count) for frame in video] == list(range(count))
        for index in (13, 2, 7, 6, 0):
            assert index_of(video.read(index), count) == index
        corner = video.read(5)[2, 2]
    # Red stays red, or its grey where colour is not stored.
    expected = (1, 0, 0) if format_ != "gray" else (corner[1],) * 3
    np.testing.assert_allclose(corner, expected, atol=0.08)


def test_hdr_is_refused(tmp_path: Path) -> None:
    encoded(tmp_path / "a.mp4", [np.full((64, 64, 3), 0.5, np.float32)], colorspace=1, color_range=1, color_trc=16)
    with pytest.raises(InputError, match="HDR"):
        VideoReader(tmp_path / "a.mp4")


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotation_is_applied_and_not_written(tmp_path: Path, rotation: int) -> None:
    encoded(tmp_path / "a.mp4", numbered(3), rotation=rotation)
    capture = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    done, expected = capture.read()
    capture.release()
    assert done
    with VideoReader(tmp_path / "a.mp4") as video:
        assert video.size == ((48, 64) if abs(rotation) == 90 else (64, 48))
        upright = list(video)
    assert expected.shape == upright[0].shape
    # The red marker stands where another player puts it.
    reds = [np.argwhere(p[..., c] - p[..., 1].astype(np.float32) > t).mean(0) for p, c, t in
            ((upright[0], 0, 0.5), (expected.astype(np.float32), 2, 127))]  # fmt: skip
    np.testing.assert_allclose(reds[0], reds[1], atol=1)
    mux_video(upright, tmp_path / "b.mp4", source=tmp_path / "a.mp4")
    with av.open(str(tmp_path / "b.mp4")) as container:
        frame = next(container.decode(video=0))
        assert frame.rotation == 0
        assert (frame.height, frame.width) == upright[0].shape[:2]


def audio_packets(path: Path) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return [(float(p.pts * p.time_base), bytes(p)) for p in container.demux(stream) if p.size]


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_sound_is_copied_packet_by_packet(tmp_path: Path, shared_data: Path, container: str) -> None:
    path = shared_data / "footage" / "clips" / "car.mp4"
    with VideoReader(path) as video:
        times = video.times
    small = numbered(len(times))
    mux_video(small, tmp_path / f"a.{container}", source=path)
    before, after = audio_packets(path), audio_packets(tmp_path / f"a.{container}")
    end = float(times[-1] + (times[-1] - times[-2]))
    kept = [packet for packet in before if packet[0] < end]
    assert [content for _, content in after] == [content for _, content in kept]
    np.testing.assert_allclose([time for time, _ in after], [time for time, _ in kept], atol=0.0011)


def test_sound_is_cut_to_the_chosen_frames(tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "footage" / "clips" / "car.mp4"
    chosen = range(60, 120)
    mux_video(numbered(60), tmp_path / "a.mp4", source=path, indices=chosen)
    start = 60 * 1001 / 30000
    original = {content: time for time, content in audio_packets(path)}
    copied = audio_packets(tmp_path / "a.mp4")
    assert 1.9 < copied[-1][0] < 60 * 1001 / 30000
    for time, content in copied:
        assert original[content] - start == pytest.approx(time, abs=1e-3)


def test_odd_requests_give_sentences(tmp_path: Path) -> None:
    frames = numbered(3)
    target = tmp_path / "a.mp4"
    requests: list[dict[str, Any]] = [
        {},
        {"fps": 0},
        {"fps": 24, "quality": 99},
        {"times": [Fraction(0), Fraction(0), Fraction(1)]},
        {"times": [Fraction(0), Fraction(1)]},
        {"times": [Fraction(n) for n in range(4)]},
        {"source": tmp_path / "none.mp4"},
    ]
    for request in requests:
        with pytest.raises(NstError) as caught:
            mux_video(frames, target, **request)
        assert caught.value.remedy, request
    with pytest.raises(UsageError, match="one size"):
        mux_video([*frames, np.zeros((8, 8, 3), np.float32)], target, fps=24)
    with pytest.raises(UsageError, match="0 frames"):
        mux_video([], target, fps=24)
    with pytest.raises(UsageError, match="suffix"):
        mux_video(frames, tmp_path / "a.gif", fps=24)
    assert not list(tmp_path.iterdir())


def test_a_failing_frame_leaves_no_file(tmp_path: Path) -> None:
    def frames() -> Iterator[np.ndarray]:
        yield from numbered(4)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        mux_video(frames(), tmp_path / "a.mp4", fps=24)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "url", ["https://example.org/a.mp4", "concat:a.mp4|b.mp4", "rtsp://host/a.mp4", "file:///tmp/a.mp4", "pipe:0"]
)
def test_only_local_files(url: str) -> None:
    with pytest.raises(UsageError, match="no local file"):
        VideoReader(url)


@pytest.mark.parametrize(
    "content", [b"", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile a.mp4\n", bytes(3000)]
)
def test_what_is_no_video(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(InputError) as caught:
        VideoReader(tmp_path / "a.mp4")
    assert caught.value.remedy


def test_truncated_video(tmp_path: Path, shared_data: Path) -> None:
    content = (shared_data / "footage" / "clips" / "car.mp4").read_bytes()
    for kept in (0.001, 0.3, 0.9):
        (tmp_path / "a.mp4").write_bytes(content[: int(len(content) * kept)])
        with pytest.raises(InputError):
            VideoReader(tmp_path / "a.mp4")


def test_frames_beyond_the_end(tmp_path: Path) -> None:
    mux_video(numbered(3), tmp_path / "a.mp4", fps=24)
    with VideoReader(tmp_path / "a.mp4") as video:
        for index in (-1, 3):
            with pytest.raises(InputError, match="no frame"):
                video.read(index)


def test_a_codec_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    mux_video([np.zeros((16, 16, 3), np.float32)] * 3, path, fps=24)
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zz%1").replace(b"avcC", b"zz%C"))
    with pytest.raises(InputError, match="codec"):
        VideoReader(path)
