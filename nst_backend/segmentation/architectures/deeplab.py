"""DeepLabV3: torchvision's with a ResNet-50 or a ResNet-101, trained on COCO with the labels of Pascal VOC.

L.-C. Chen et al., "Rethinking atrous convolution for semantic image segmentation", 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.segmentation import (
    DeepLabV3,
    DeepLabV3_ResNet50_Weights,
    DeepLabV3_ResNet101_Weights,
    deeplabv3_resnet50,
    deeplabv3_resnet101,
)

from ...contract.codec import option
from ...image.boxes import bounding_box
from ...weights.published import torchvision_file
from ..architecture import Architecture, PublishedNetwork
from ..detection import Detection, Picture
from ..half import HalfPrecision
from ..pictures import as_batch, mask_in_box, one_size, pixels_within, working_size

__all__ = ["ARCHITECTURE", "DeepLabOptions", "DeepLabSegmenter"]

LEAST_SCORE = 0.1
_FAINT = 0.05
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
_COCO_NAMES = {
    "aeroplane": "airplane",
    "diningtable": "dining table",
    "motorbike": "motorcycle",
    "pottedplant": "potted plant",
    "sofa": "couch",
    "tvmonitor": "tv",
}


@dataclass(frozen=True, kw_only=True)
class DeepLabOptions:
    """How a DeepLabV3 is built, and at what size it looks at a picture."""

    backbone: Literal["resnet50", "resnet101"] = option("resnet50", help="the residual network below")
    short_side: int = option(520, help="a picture's short side is scaled to it", minimum=64, maximum=4096, unit="px")
    long_side: int = option(1333, help="its long side is at most this", minimum=64, maximum=8192, unit="px")


def _build(options: DeepLabOptions, classes: int) -> DeepLabV3:
    build = deeplabv3_resnet50 if options.backbone == "resnet50" else deeplabv3_resnet101
    network: DeepLabV3 = build(weights=None, weights_backbone=None, num_classes=classes + 1, aux_loss=True)
    return network


class DeepLabSegmenter:
    """A trained DeepLabV3: all that is of one class comes as one."""

    instances = False

    def __init__(
        self, network: DeepLabV3, options: DeepLabOptions, labels: tuple[str, ...], device: torch.device, half: bool
    ) -> None:
        self.options = options
        self.labels = labels
        self.classes = tuple(filter(None, labels))
        self._backbone: nn.Module = HalfPrecision(network.backbone) if half else network.backbone
        self._classifier: nn.Module = HalfPrecision(network.classifier) if half else network.classifier
        self._device = device

    def detect(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        """What is seen in each of some pictures of one size, the highest score first.

        Told is what is the likeliest somewhere; its score is its mean probability there.
        """
        if not pictures:
            return []
        plate = one_size(pictures)
        size = working_size(plate, short_side=self.options.short_side, long_side=self.options.long_side)
        with torch.inference_mode():
            found = self._probabilities(as_batch(pictures, size, self._device))
            return [self._detections(probabilities, plate) for probabilities in found]

    def _probabilities(self, batch: Tensor) -> Tensor:
        """``(B, classes + 1, h, w)``, the background first."""
        normal = (batch - batch.new_tensor(_MEAN)[:, None, None]) / batch.new_tensor(_STD)[:, None, None]
        logits = self._classifier(self._backbone(normal)["out"])
        return functional.interpolate(logits, batch.shape[-2:], mode="bilinear", align_corners=False).softmax(1)

    def _detections(self, probabilities: Tensor, plate: tuple[int, int]) -> list[Detection]:
        likeliest = probabilities.argmax(0)
        found = []
        for number in range(1, len(probabilities)):
            label, there = self.labels[number - 1], likeliest == number
            score = float(probabilities[number][there].mean()) if label and there.any() else 0.0
            if score >= LEAST_SCORE:
                detection = _detection(label, score, probabilities[number].cpu().numpy(), plate)
                found += [] if detection is None else [detection]
        return sorted(found, key=lambda detection: detection.score, reverse=True)


def _detection(label: str, score: float, mask: NDArray[np.float32], plate: tuple[int, int]) -> Detection | None:
    """The part of a mask at the network's size that is not faint, at plate size."""
    (height, width), (rows, columns) = plate, mask.shape
    part = bounding_box(mask, above=_FAINT)
    if part is None:
        return None
    across, down = width / columns, height / rows
    box = pixels_within((part.left * across, part.top * down, part.right * across, part.bottom * down), plate)
    if box is None:
        return None
    return Detection(label=label, score=score, box=box, mask=mask_in_box(mask, (0, 0, width, height), box, held=True))


def _published(options: DeepLabOptions, weights: Any) -> PublishedNetwork[DeepLabOptions]:
    labels = tuple(_COCO_NAMES.get(name, name) for name in weights.meta["categories"][1:])
    return PublishedNetwork(options=options, labels=labels, file=torchvision_file(weights, "DeepLab's weights"))


ARCHITECTURE = Architecture(
    name="deeplab",
    options=DeepLabOptions,
    build=_build,
    segmenter=DeepLabSegmenter,
    published={
        "deeplab": _published(DeepLabOptions(), DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1),
        "deeplab_resnet101": _published(
            DeepLabOptions(backbone="resnet101"), DeepLabV3_ResNet101_Weights.COCO_WITH_VOC_LABELS_V1
        ),
    },
)
