"""Losses and pictures of a run for TensorBoard."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from ..contract.errors import UsageError
from .atomic import write_fault

__all__ = ["Board"]

Array = NDArray[np.float32]


class Board:
    """Writes into one folder, which ``tensorboard --logdir`` shows while the run goes on. A context manager.

    ``start``: the step that the run goes on from; what an earlier one wrote from there on is no longer shown.

    Raises :class:`UsageError` where the package ``tensorboard`` is not installed,
    :class:`NstError` where the folder cannot be written.
    """

    def __init__(self, folder: Path, *, start: int = 0) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise UsageError(
                "the package tensorboard is not installed",
                remedy="install brushpass[tensorboard], or leave --tensorboard out",
            ) from error
        try:
            self._writer = SummaryWriter(str(folder), purge_step=start or None)
        except OSError as error:
            raise write_fault(folder, error) from error

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Numbers by name; ``loss/content`` and ``loss/style`` share a section."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def picture(self, step: int, name: str, picture: Array) -> None:
        """A display-referred picture ``(H, W, 3)``, clipped to 0..1."""
        self._writer.add_image(name, _bytes(picture), step, dataformats="HWC")

    def clip(self, step: int, name: str, pictures: Sequence[Array], *, fps: float) -> None:
        """Display-referred pictures of one size that play over and over.

        As an animated GIF: TensorBoard's page plays nothing else.
        """
        from PIL import Image
        from tensorboard.compat.proto.summary_pb2 import Summary

        frames = [Image.fromarray(_bytes(picture)) for picture in pictures]
        stream = io.BytesIO()
        duration = round(1000 / fps)
        frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=duration, loop=0)
        image = Summary.Image(
            height=frames[0].height, width=frames[0].width, colorspace=3, encoded_image_string=stream.getvalue()
        )
        summary = Summary(value=[Summary.Value(tag=name, image=image)])
        self._writer._get_file_writer().add_summary(summary, step)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Write what waits to be written."""
        self._writer.close()

    def __enter__(self) -> Board:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bytes(picture: Array) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(picture, 0.0, 1.0) * 255.0), np.uint8)
