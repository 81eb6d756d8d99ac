"""Video in and out: :class:`VideoReader` and :func:`mux_video`."""

from __future__ import annotations

from .video_reader import VIDEO_SUFFIXES, ColourTags, VideoReader
from .video_writer import mux_video

__all__ = ["VIDEO_SUFFIXES", "ColourTags", "VideoReader", "mux_video"]
