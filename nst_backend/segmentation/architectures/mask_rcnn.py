"""Mask R-CNN: torchvision's with a ResNet-50, trained on COCO, or a network of the user's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection import MaskRCNN, MaskRCNN_ResNet50_FPN_V2_Weights
from torchvision.models.detection.image_list import ImageList

from ...weights.published import torchvision_file
from ..architecture import Architecture, PublishedNetwork
from ..coco_classes import COCO_IDS
from ..detection import Detection, Picture
from ..half import HalfPrecision
from ..mask_rcnn_network import build_mask_rcnn
from ..mask_rcnn_options import MaskRCNNOptions
from ..pictures import as_batch, mask_in_box, one_size, pixels_within, working_size

__all__ = ["ARCHITECTURE", "MaskRCNNSegmenter"]


class MaskRCNNSegmenter:
    """A trained Mask R-CNN."""

    instances = True

    def __init__(
        self, network: MaskRCNN, options: MaskRCNNOptions, labels: tuple[str, ...], device: torch.device, half: bool
    ) -> None:
        self.options = options
        self.labels = labels
        self.classes = tuple(filter(None, labels))
        self._network = network
        self._device = device
        if half:
            heads = network.roi_heads
            network.backbone, network.rpn.head = HalfPrecision(network.backbone), HalfPrecision(network.rpn.head)
            heads.box_head, heads.mask_head = HalfPrecision(heads.box_head), HalfPrecision(heads.mask_head)

    def detect(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        """What is seen in each of some pictures of one size, the highest score first."""
        if not pictures:
            return []
        height, width = one_size(pictures)
        options = self.options
        size = working_size(
            (height, width), short_side=options.short_side, long_side=options.long_side, enlarge=options.enlarge
        )
        with torch.inference_mode():
            answers = self._answers(as_batch(pictures, size, self._device), size)
        to_plate = np.array((width / size[1], height / size[0]) * 2)
        return [self._detections(answer, to_plate, (height, width)) for answer in answers]

    def _answers(self, batch: Tensor, size: tuple[int, int]) -> list[dict[str, Tensor]]:
        """Boxes, labels, scores and 28x28 masks in pixels of the batch.

        torchvision's own ``forward`` would spread each mask over the whole plate: ten
        gigabytes for 300 objects in 4K.
        """
        network = self._network
        prepare = network.transform
        padded = prepare.batch_images([prepare.normalize(picture) for picture in batch], prepare.size_divisible)
        images = ImageList(padded, [size] * len(batch))
        features = network.backbone(images.tensors)
        proposals, _ = network.rpn(images, features)
        answers: list[dict[str, Tensor]] = network.roi_heads(features, proposals, images.image_sizes)[0]
        return answers

    def _detections(
        self, answer: dict[str, Tensor], to_plate: NDArray[np.float64], size: tuple[int, int]
    ) -> list[Detection]:
        boxes = answer["boxes"].double().cpu().numpy() * to_plate
        masks = answer["masks"][:, 0].float().cpu().numpy()
        labels, scores = answer["labels"].tolist(), answer["scores"].tolist()
        found = []
        for edges, mask, number, score in zip(boxes.tolist(), masks, labels, scores, strict=True):
            label, box = self.labels[number - 1], pixels_within(edges, size)
            if label and box is not None:
                mask = mask_in_box(mask, edges, box, held=False)
                found.append(Detection(label=label, score=score, box=box, mask=mask))
        return found


ARCHITECTURE = Architecture(
    name="mask_rcnn",
    options=MaskRCNNOptions,
    build=build_mask_rcnn,
    segmenter=MaskRCNNSegmenter,
    published={
        "mask_rcnn": PublishedNetwork(
            options=MaskRCNNOptions(),
            labels=COCO_IDS,
            file=torchvision_file(MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1, "Mask R-CNN's weights"),
        )
    },
)
