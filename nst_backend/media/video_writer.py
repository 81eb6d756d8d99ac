"""Video out: H.264 of exact size and frame times, tagged, with the sound of the source."""

from __future__ import annotations

import contextlib
import errno
import itertools
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError, nearest
from .atomic import atomic_path
from .exr_header import MAX_SIDE
from .video_reader import ColourTags, VideoReader, open_container
from .yuv import split

__all__ = ["mux_video"]

Picture = NDArray[np.float32]

_CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_FINEST_CLOCK = 1_000_000
_SYSTEM_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)


def mux_video(
    frames: Iterable[Picture],
    path: str | os.PathLike[str],
    *,
    fps: Fraction | float | None = None,
    times: Sequence[Fraction] | None = None,
    source: str | os.PathLike[str] | None = None,
    indices: Sequence[int] | None = None,
    quality: int = 14,
    bits: Literal[8, 10] = 8,
) -> int:
    """Encode display-referred R'G'B' frames ``(H, W, 3)`` as H.264, atomically; returns their number.

    Values a little outside 0..1, as :class:`VideoReader` gives them, are kept
    as far as the code values reach.

    Frame times come from ``times`` (seconds, ascending), else from the frames
    ``indices`` (default: all) of the video ``source``, else from ``fps``. The
    source also gives its colour tags, pixel aspect, and its audio as it is,
    cut to the span of the frames. Frames are upright; no rotation is tagged.

    ``quality`` is x264's constant rate factor: 0 is lossless, 51 worst. Even
    sizes are 4:2:0; odd ones keep their size as 4:4:4. ``.mp4`` and ``.mov``
    keep frame times exactly, ``.mkv`` to the millisecond.

    Raises :class:`UsageError` for what does not fit together,
    :class:`InputError` for an unreadable source or one whose audio the
    container cannot hold, :class:`NstError` where the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _CONTAINERS:
        raise UsageError(f"{os.fspath(path)!r} has no known video suffix", remedy=nearest(suffix, _CONTAINERS))
    if not 0 <= quality <= 51 or bits not in (8, 10):
        raise UsageError(f"quality {quality} with {bits} bit cannot be encoded", remedy="give 0 to 51, and 8 or 10")
    tags, aspect, sound_start = ColourTags.standard(), Fraction(1), Fraction(0)
    if source is not None:
        with VideoReader(source) as video:
            tags, aspect, sound_start = video.tags, video.pixel_aspect, video.start
            if times is None:
                times = _chosen(video.times, indices)
                sound_start += times[0]
            fps = video.fps if fps is None else fps
    if times is None and fps is None:
        raise UsageError("the video has no frame rate", remedy="give fps, times or a source")
    rate = _mean_rate(times or ()) if fps is None else Fraction(fps).limit_denominator(100_000)
    if rate <= 0:
        raise UsageError(f"a frame rate of {fps} is impossible", remedy="give a positive fps")
    clock, stamps = _stamps(times, rate)
    with atomic_path(path) as temporary, _translated(path):
        container = av.open(f"file:{temporary.resolve()}", "w", format=_CONTAINERS[suffix])
        with contextlib.closing(container):
            job = _Encoder(container, rate, clock, tags, aspect, quality, bits)
            sound = None if source is None else _Sound(container, source, sound_start)
            with sound or contextlib.nullcontext():
                return job.run(frames, stamps, len(times) if times else None, sound)


def _chosen(times: Sequence[Fraction], indices: Sequence[int] | None) -> list[Fraction]:
    if indices is None:
        return list(times)
    outside = [index for index in indices if not 0 <= index < len(times)]
    if outside or not indices:
        raise UsageError(f"the source has no frame {outside[:1] or 'to choose'}", remedy=f"it has 0-{len(times) - 1}")
    return [times[index] for index in indices]


def _mean_rate(times: Sequence[Fraction]) -> Fraction:
    if len(times) < 2 or times[-1] <= times[0]:
        return Fraction(24)
    return Fraction(len(times) - 1) / (times[-1] - times[0])


def _stamps(times: Sequence[Fraction] | None, rate: Fraction) -> tuple[Fraction, Iterator[int]]:
    """A clock that holds every time exactly where one of microseconds or coarser can, and the ticks."""
    if times is None:
        return 1 / rate, itertools.count()
    if not times or any(b <= a for a, b in itertools.pairwise(times)):
        raise UsageError("the frame times are not ascending", remedy="give each frame a later time than the one before")
    offsets = [Fraction(time) - Fraction(times[0]) for time in times]
    finest = math.lcm(rate.numerator, *(offset.denominator for offset in offsets))
    if finest > _FINEST_CLOCK:
        finest = 90_000
    ticks = [round(offset * finest) for offset in offsets]
    # The tick after the last ends the last frame.
    return Fraction(1, finest), iter([*ticks, ticks[-1] + max(1, round(finest / rate))])


@contextlib.contextmanager
def _translated(path: str | os.PathLike[str]) -> Iterator[None]:
    """FFmpeg's errors as ours; those of the system are left to the atomic writer."""
    try:
        yield
    except av.error.FFmpegError as error:
        number = getattr(error, "errno", 0) or 0
        if number in _SYSTEM_ERRORS:
            raise OSError(number, os.strerror(number)) from error
        raise UsageError(
            f"{os.fspath(path)!r} cannot be encoded, {error.strerror or error}",
            remedy="try .mkv, which takes every kind of audio, or another frame size",
        ) from error


class _Encoder:
    """Frames to packets of one H.264 stream."""

    def __init__(
        self,
        container: Any,
        rate: Fraction,
        clock: Fraction,
        tags: ColourTags,
        aspect: Fraction,
        quality: int,
        bits: int,
    ) -> None:
        self.container, self.clock, self.tags, self.bits = container, clock, tags, bits
        if "libx264" not in av.codecs_available:
            raise UsageError("this FFmpeg has no H.264 encoder", remedy="install the 'av' wheel, which brings libx264")
        # Finer chroma: coarse steps shift the mean of dark, saturated frames (measured: 0.25/255 without, 0.19 with).
        options = {"crf": str(quality), "preset": "medium", "x264-params": "chroma-qp-offset=-3"}
        stream = self.stream = container.add_stream("libx264", rate=rate, options=options)
        context = stream.codec_context
        context.time_base = stream.time_base = clock
        context.sample_aspect_ratio = aspect
        context.color_primaries, context.color_trc = tags.primaries, tags.transfer
        context.colorspace, context.color_range = tags.matrix_number, 2 if tags.full_range else 1
        self.shape: tuple[int, ...] | None = None

    def run(self, frames: Iterable[Picture], stamps: Iterator[int], expected: int | None, sound: _Sound | None) -> int:
        count, stamp = 0, next(stamps)
        for picture in frames:
            if count == expected:
                raise UsageError(f"there are more frames than the {expected} times", remedy="give each frame a time")
            following = next(stamps)
            for packet in self.stream.encode(self.frame(picture, stamp, following - stamp)):
                self.mux(packet, sound)
            count, stamp = count + 1, following
        if count == 0 or (expected is not None and count != expected):
            raise UsageError(
                f"there are {count} frames for {expected or 'a'} {'times' if expected else 'video'}",
                remedy="finish all frames before the video is made",
            )
        for packet in self.stream.encode(None):
            self.mux(packet, sound)
        if sound is not None:
            sound.write(until=stamp * self.clock, end=stamp * self.clock)
        return count

    def mux(self, packet: Any, sound: _Sound | None) -> None:
        if sound is not None and packet.dts is not None:
            sound.write(until=packet.dts * Fraction(packet.time_base), end=None)
        self.container.mux(packet)

    def frame(self, picture: Picture, stamp: int, duration: int) -> Any:
        if self.shape is None:
            self.open(picture.shape)
        if picture.shape != self.shape:
            raise UsageError(
                f"a frame is {picture.shape}, the first was {self.shape}", remedy="give frames of one size"
            )
        finite = np.nan_to_num(picture.astype(np.float32, copy=False), nan=0.0, posinf=1.0, neginf=0.0)
        planes = split(
            finite,
            matrix=self.tags.matrix,
            full_range=self.tags.full_range,
            bits=self.bits,
            subsampled=self.subsampled,
        )
        height, width, _ = picture.shape
        frame = av.VideoFrame(width, height, self.format)
        for plane, values in zip(frame.planes, planes, strict=True):
            padded = np.zeros((plane.height, plane.line_size // values.itemsize), values.dtype)
            padded[:, : values.shape[1]] = values
            plane.update(padded.tobytes())
        frame.pts, frame.time_base, frame.duration = stamp, self.clock, duration
        frame.colorspace, frame.color_range = self.tags.matrix_number, 2 if self.tags.full_range else 1
        return frame

    def open(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or max(shape) > MAX_SIDE:
            raise UsageError(f"a frame of shape {shape} cannot be encoded", remedy="give (H, W, 3)")
        self.shape = shape
        height, width, _ = shape
        self.subsampled = height % 2 == 0 and width % 2 == 0
        self.format = ("yuv420p" if self.subsampled else "yuv444p") + ("10le" if self.bits == 10 else "")
        context = self.stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, self.format


class _Sound:
    """Audio packets of a source, copied as they are, their times counted from ``start`` of the source."""

    def __init__(self, container: Any, source: str | os.PathLike[str], start: Fraction) -> None:
        self.container, self.start = container, start
        self.input = open_container(source)
        streams = list(self.input.streams.audio)
        self.targets = {stream.index: container.add_stream_from_template(stream) for stream in streams}
        self.packets = self.demuxed(streams)
        self.waiting: Any | None = None

    def demuxed(self, streams: list[Any]) -> Iterator[Any]:
        if not streams:
            return
        try:
            for packet in self.input.demux(streams):
                if packet.dts is not None and packet.size:
                    yield packet
        except av.error.FFmpegError as error:
            raise InputError("the audio of the source is damaged", remedy="export the source again") from error

    def write(self, *, until: Fraction, end: Fraction | None) -> None:
        """Copy packets that begin before ``until``; those that begin at ``end`` or later are left out."""
        while (packet := self.waiting or next(self.packets, None)) is not None:
            self.waiting = packet
            base = Fraction(packet.time_base)
            begin = (packet.dts if packet.pts is None else packet.pts) * base - self.start
            if end is not None and begin >= end:
                return
            if begin >= until:
                return
            self.waiting = None
            # What lies before the first frame goes, but not the encoder's priming at the head of the file.
            if self.start > 0 and begin + (packet.duration or 0) * base <= 0:
                continue
            shift = round(self.start / base)
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts -= shift
            packet.stream = self.targets[packet.stream.index]
            self.container.mux(packet)

    def __enter__(self) -> _Sound:
        return self

    def __exit__(self, *_: object) -> None:
        self.input.close()
