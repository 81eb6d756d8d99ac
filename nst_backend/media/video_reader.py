"""Video in: exact frames in presentation order, upright, as display-referred R'G'B'."""

from __future__ import annotations

import bisect
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from ..contract.errors import InputError, UsageError
from .exr_header import MAX_SIDE
from .yuv import Matrix, join

__all__ = ["VIDEO_SUFFIXES", "ColourTags", "VideoReader", "open_container"]

Picture = NDArray[np.float32]

VIDEO_SUFFIXES = (
    ".mp4",
    ".mov",
    ".m4v",
    ".mkv",
    ".webm",
    ".avi",
    ".mxf",
    ".mpg",
    ".mpeg",
    ".ts",
    ".m2ts",
    ".mts",
    ".ogv",
)

# Playlists and scripts name other files and hosts; only containers that hold their own pictures are opened.
_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mxf,mpeg,mpegts,ogg,asf,flv,h264,hevc,m4v,yuv4mpegpipe,ivf"
# Numbers of ISO/IEC 23091-2 (CICP), as FFmpeg uses them.
_MATRICES: dict[int, Matrix] = {
    1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020", 10: "bt2020"
}  # fmt: skip
_UNSPECIFIED = 2
_HDR_CURVES = {16: "PQ", 18: "HLG"}
_FULL_RANGE = 2
_PLANAR = re.compile(r"(gray|yuv[aj]?4(20|22|44|40)p)(9|10|12|14|16)?(le)?")
_SAME_AS = {"nv12": "yuv420p", "nv16": "yuv422p", "nv24": "yuv444p", "p010le": "yuv420p10le", "p210le": "yuv422p10le",
            "yuyv422": "yuv422p", "uyvy422": "yuv422p"}  # fmt: skip
_CENTRED = frozenset({"mpeg1video", "mjpeg"})
# Farther ahead than this, seeking is tried before decoding what lies between.
_REACH = 24


@dataclass(frozen=True)
class ColourTags:
    """How code values mean colour; numbers are those of ISO/IEC 23091-2."""

    matrix: Matrix
    full_range: bool
    primaries: int
    transfer: int
    matrix_number: int

    @classmethod
    def standard(cls, matrix: Matrix = "bt709", *, full_range: bool = False) -> ColourTags:
        """The tags of BT.709 video, or of SMPTE 170M for bt601."""
        number = {"bt709": 1, "bt601": 6}.get(matrix, 9)
        return cls(matrix, full_range, number, 14 if number == 9 else number, number)


def open_container(path: str | os.PathLike[str]) -> Any:
    """Open a local video file for reading with PyAV; never a URL, a playlist or a device.

    Raises :class:`UsageError` for anything that names a protocol,
    :class:`InputError` where the file is missing or no video container.
    """
    shown = os.fspath(path)
    if re.match(r"[A-Za-z][A-Za-z0-9+.,-]+:(?!\\)", shown) and not Path(path).exists():
        raise UsageError(f"{shown!r} is no local file", remedy="copy the video to a disk and give its path")
    file = Path(path)
    if "\0" in shown or not file.is_file():
        raise InputError(f"{shown!r} does not exist", remedy="check the path")
    if file.stat().st_size == 0:
        raise InputError(f"{shown!r} is empty", remedy="copy or export it again")
    options = {"protocol_whitelist": "file", "format_whitelist": _DEMUXERS}
    try:
        container = av.open(f"file:{file.resolve()}", options=options)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"{shown!r} cannot be opened as video", remedy="check the file or export it again") from error
    if not container.streams.video:
        container.close()
        raise InputError(f"{shown!r} holds no video", remedy="give a file with a picture track")
    return container


class VideoReader:
    """Frames of a local video file by index, counted from 0 in presentation order.

    ``size`` is (width, height) upright; ``times`` are seconds from the first
    frame, exact; ``fps`` is the average rate; ``tags`` says how colour was read.
    Frames are float32 R'G'B' ``(H, W, 3)``, 0..1 but for what video codes outside: super-whites and
    colours beyond the cube are kept, because clipping them would shift the mean of what is
    written back. Untagged video counts as BT.709
    from 720 lines on, as BT.601 below, in limited range.

    Reading one after another decodes each frame once; any other order seeks to
    the key frame before. Raises :class:`InputError` for damaged, truncated,
    HDR (PQ, HLG) or oversized video.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._open()
        try:
            self._prepare()
        except BaseException:
            self._container.close()
            raise

    def _prepare(self) -> None:
        context = self._stream.codec_context
        if context is None:
            raise InputError(f"{str(self.path)!r} is in a codec that cannot be read", remedy="export it as H.264")
        if not (0 < context.width <= MAX_SIDE and 0 < context.height <= MAX_SIDE):
            raise InputError(
                f"{str(self.path)!r} is {context.width} x {context.height} pixels, the limit is {MAX_SIDE} a side",
                remedy="export it smaller",
            )
        self._cosited = context.name not in _CENTRED
        aspect = Fraction(self._stream.sample_aspect_ratio or 1)
        rate = self._stream.average_rate or self._stream.guessed_rate
        self._pts, self._keys = self._index()
        self._counts = not self._pts
        if self._counts:
            self._pts = self._decoded_index(Fraction(rate or 25))
        if not self._pts:
            raise InputError(f"{str(self.path)!r} holds no frames", remedy="export it again")
        self._restart()
        first = self._frame(0)
        self.tags = self._read_tags(first)
        self.bits = int(first.format.components[0].bits)
        self._turn = _orientation(first)
        turned = self._turn[0]
        self.size = (first.height, first.width) if turned else (first.width, first.height)
        self.pixel_aspect = 1 / aspect if turned else aspect
        self.start = Fraction(self._pts[0]) * self._time_base
        self.times = tuple((pts - self._pts[0]) * self._time_base for pts in self._pts)
        self.fps = self._rate(Fraction(rate) if rate else None)
        self._restart()

    # --- Index ---

    def _index(self) -> tuple[list[int], list[tuple[int, int]]]:
        """Presentation times of all frames and (time, decoding time) of key frames, from packets alone.

        Empty where packets carry no times of their own.
        """
        stream, times, keys, packets = self._stream, [], [], 0
        self._time_base = Fraction(stream.time_base)
        for packet in self._demuxed():
            packets += 1
            if packet.is_discard:
                continue
            if packet.pts is None:
                return [], []
            times.append(packet.pts)
            if packet.is_keyframe:
                keys.append((packet.pts, packet.pts if packet.dts is None else packet.dts))
        if stream.frames > packets:
            raise InputError(
                f"{str(self.path)!r} is truncated, it holds {packets} of {stream.frames} frames",
                remedy="copy or export it again",
            )
        if len(set(times)) != len(times):
            return [], []
        return sorted(times), sorted(keys)

    def _demuxed(self) -> Iterator[Any]:
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    yield packet
        except av.error.FFmpegError as error:
            raise self._damaged() from error

    def _decoded_index(self, rate: Fraction) -> list[int]:
        """Frames counted by decoding, evenly timed, for files without usable times."""
        self._restart()
        self._time_base = 1 / rate
        return list(range(sum(1 for _ in self._decoded())))

    def _rate(self, stated: Fraction | None) -> Fraction:
        if len(self.times) < 2:
            return stated or Fraction(24)
        exact = (len(self.times) - 1) / self.times[-1]
        # Containers with coarse clocks (Matroska: a millisecond) round what the encoder has stated.
        return stated if stated and abs(stated / exact - 1) < Fraction(1, 500) else exact

    # --- Decoding ---

    def _open(self) -> None:
        self._container = open_container(self.path)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self._frames = self._decoded()
        self._next = 0

    def _restart(self) -> None:
        """Decode from the first packet again."""
        # Nothing may touch a stream of a closed container: PyAV does not keep its memory.
        self.close()
        self._open()

    def _decoded(self) -> Iterator[Any]:
        try:
            yield from self._container.decode(self._stream)
        except av.error.FFmpegError as error:
            raise self._damaged() from error

    def _damaged(self) -> InputError:
        return InputError(f"{str(self.path)!r} is damaged", remedy="copy or export it again")

    def _frame(self, index: int) -> Any:
        if not 0 <= index < len(self._pts):
            raise InputError(f"{str(self.path)!r} has no frame {index}", remedy=f"it has 0-{len(self._pts) - 1}")
        if not self._next <= index <= self._next + _REACH:
            self._seek(index)
        found = self._advance(index)
        if found is None:
            # The container's own table led past the frame: decode from the start.
            self._restart()
            found = self._advance(index)
        if found is None:
            raise InputError(f"frame {index} of {str(self.path)!r} cannot be decoded", remedy="export it again")
        return found

    def _seek(self, index: int) -> None:
        before = bisect.bisect_right(self._keys, (self._pts[index], 1 << 62)) - 1
        if self._counts or before < 0:
            if index < self._next:
                self._restart()
            return
        if self._next <= index and self._keys[before][0] < self._pts[self._next]:
            return  # No key frame between here and there.
        try:
            self._container.seek(self._keys[before][1], stream=self._stream)
        except av.error.FFmpegError:
            self._restart()
            return
        self._frames = self._decoded()

    def _advance(self, index: int) -> Any | None:
        """Decode up to ``index``; None where it is not among what follows."""
        if self._counts:
            for frame in self._frames:
                self._next += 1
                if self._next == index + 1:
                    return frame
            return None
        for frame in self._frames:
            if frame.pts == self._pts[index]:
                self._next = index + 1
                return frame
            if frame.pts is not None and frame.pts > self._pts[index]:
                return None
        return None

    # --- Colour ---

    def _read_tags(self, frame: Any) -> ColourTags:
        transfer = int(frame.color_trc)
        if transfer in _HDR_CURVES:
            raise InputError(
                f"{str(self.path)!r} is HDR video ({_HDR_CURVES[transfer]})",
                remedy="convert it to BT.709 or to EXR first",
            )
        number = int(frame.colorspace)
        if number == 8:
            raise InputError(f"{str(self.path)!r} is coded as YCgCo", remedy="export it as BT.709")
        standard = ColourTags.standard("bt709" if frame.height >= 720 else "bt601")
        matrix = _MATRICES.get(number, standard.matrix)
        primaries = int(frame.color_primaries)
        return ColourTags(
            matrix,
            _is_full_range(frame),
            standard.primaries if primaries in (0, _UNSPECIFIED) else primaries,
            standard.transfer if transfer in (0, _UNSPECIFIED) else transfer,
            number if number in _MATRICES else standard.matrix_number,
        )

    def _picture(self, frame: Any) -> Picture:
        if frame.format.is_rgb:
            deep = frame.reformat(format="rgb48le").to_ndarray()
            rgb = deep.astype(np.float32) / np.float32(65535)
        else:
            rgb = self._from_yuv(frame)
        swap, flip_x, flip_y = self._turn
        if swap:
            rgb = rgb.swapaxes(0, 1)
        rgb = rgb[:: -1 if flip_y else 1, :: -1 if flip_x else 1]
        if rgb.shape[1::-1] != self.size:
            raise InputError(f"{str(self.path)!r} changes its size within the shot", remedy="export it at one size")
        return np.ascontiguousarray(rgb)

    def _from_yuv(self, frame: Any) -> Picture:
        name = frame.format.name
        if not _PLANAR.fullmatch(name):
            frame = frame.reformat(format=_SAME_AS.get(name, "yuv444p16le"))
        bits = int(frame.format.components[0].bits)
        planes = [_plane(plane, bits) for plane in frame.planes[:3]]
        if len(planes) < 3:
            neutral = np.full(planes[0].shape, 1 << (bits - 1), planes[0].dtype)
            planes = [planes[0], neutral, neutral]
        return join(
            planes[0],
            planes[1],
            planes[2],
            matrix=self.tags.matrix,
            full_range=self.tags.full_range,
            bits=bits,
            cosited=self._cosited,
        )

    # --- Public ---

    def __len__(self) -> int:
        return len(self._pts)

    def read(self, index: int) -> Picture:
        """The frame as float32 R'G'B' ``(H, W, 3)``."""
        return self._picture(self._frame(index))

    def __iter__(self) -> Iterator[Picture]:
        for index in range(len(self)):
            yield self.read(index)

    def close(self) -> None:
        """Let go of the file; reading afterwards is an error of the caller."""
        self._frames = iter(())
        self._next = len(self._pts) if hasattr(self, "_pts") else 0
        self._container.close()

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_full_range(frame: Any) -> bool:
    # By FFmpeg's custom JPEG's own formats are always full range, and grey where nothing is tagged.
    name, tagged = frame.format.name, int(frame.color_range)
    return tagged == _FULL_RANGE or name.startswith("yuvj") or (name.startswith("gray") and not tagged)


def _plane(plane: Any, bits: int) -> NDArray[Any]:
    kind = np.dtype(np.uint8 if bits == 8 else "<u2")
    rows = np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // kind.itemsize)
    return rows[:, : plane.width]


def _orientation(frame: Any) -> tuple[bool, bool, bool]:
    """How to show the frame: swap the axes, then mirror x, then y.

    The display matrix (ISO/IEC 14496-12, 6.2.2) maps stored (x, y), y down, to
    (ax + cy, bx + dy).
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return False, False, False
    a, b, _, c, d, *_ = np.frombuffer(bytes(data), "=i4").tolist()
    if abs(b) > abs(a):
        return True, c < 0, b < 0
    return False, a < 0, d < 0
