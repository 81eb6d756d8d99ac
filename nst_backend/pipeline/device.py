"""Which device, precision and runtime the networks run in."""

from __future__ import annotations

import torch

from ..contract.errors import UsageError
from ..contract.recipe import ComputeOptions, Runtime
from ..engines.openvino_pass import openvino_processor

__all__ = ["choose_device", "choose_precision", "choose_runtime", "require_openvino"]


def choose_device(options: ComputeOptions) -> torch.device:
    """The device that a recipe asks for; ``auto`` takes CUDA (or ROCm), then Apple's MPS, then the CPU.

    Convolutions in fp32 are exact from here on: cuDNN would take TF32 and its ten
    bits of mantissa. Raises :class:`UsageError` for a device that is not there.
    """
    torch.backends.cudnn.allow_tf32 = False
    name = options.device
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", 0)
        return torch.device("mps") if torch.backends.mps.is_available() else torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"compute.device is {name!r}", remedy="give auto, cpu, cuda, cuda:1 or mps") from error
    there = {
        "cpu": True,
        "cuda": (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there.get(device.type, False):
        raise UsageError(f"there is no device {name!r} on this machine", remedy="use auto or cpu")
    return device


def choose_precision(options: ComputeOptions, device: torch.device) -> str:
    """``fp32`` or ``fp16``. Never bf16: its eight bits of mantissa band."""
    if options.precision == "auto":
        return "fp16" if device.type == "cuda" else "fp32"
    if options.precision == "fp16" and device.type != "cuda":
        raise UsageError("fp16 needs a CUDA device", remedy="set compute.precision to auto or fp32")
    return options.precision


def choose_runtime(options: ComputeOptions, device: torch.device) -> Runtime:
    """The runtime that a recipe asks for; ``auto`` is PyTorch until a job looks for a faster one.

    Raises :class:`UsageError` for OpenVINO where it is not there or does not run, and on other devices than the CPU.
    """
    if options.runtime != "openvino":
        return "torch"
    if device.type != "cpu":
        raise UsageError(
            f"compute.runtime is openvino, and the device is {device}",
            remedy="set compute.device to cpu, or compute.runtime to auto",
        )
    require_openvino("compute.runtime is openvino", otherwise="set it to auto")
    return "openvino"


def require_openvino(wanted: str, *, otherwise: str) -> None:
    """Nothing where OpenVINO runs.

    Raises :class:`UsageError` where it is not there or does not run: what ``wanted`` it, and what to do ``otherwise``.
    """
    try:
        openvino_processor()
    except (ImportError, OSError, RuntimeError) as error:
        raise UsageError(
            f"{wanted}, which does not run here ({error})",
            remedy=f"install it with: pip install 'brushpass[openvino]', or {otherwise}",
        ) from error
