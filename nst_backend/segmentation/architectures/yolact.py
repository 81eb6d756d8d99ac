"""YOLACT with a ResNet-101 or a ResNet-50, trained on COCO by its authors."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ...weights.published import PublishedFile
from ..architecture import Architecture, PublishedNetwork
from ..coco_classes import COCO_LABELS
from ..detection import Detection, Picture
from ..half import HalfPrecision
from ..pictures import as_batch, mask_in_box, one_size, pixels_within
from ..yolact_boxes import decode, fast_nms, priors
from ..yolact_network import SIDE, Yolact, YolactOptions, YolactOutput, build_yolact, network_entries

__all__ = ["ARCHITECTURE", "YolactSegmenter", "detections_of"]

LEAST_SCORE = 0.1
MOST_DETECTIONS = 300


class YolactSegmenter:
    """A trained YOLACT."""

    instances = True

    def __init__(
        self, network: Yolact, options: YolactOptions, labels: tuple[str, ...], device: torch.device, half: bool
    ) -> None:
        self.options = options
        self.labels = labels
        self.classes = tuple(filter(None, labels))
        self._network: nn.Module = HalfPrecision(network) if half else network
        self._device = device

    def detect(self, pictures: Sequence[Picture]) -> list[list[Detection]]:
        """What is seen in each of some pictures of one size, the highest score first.

        A picture is squeezed into a square, as the network was trained.
        """
        if not pictures:
            return []
        size = one_size(pictures)
        with torch.inference_mode():
            output = self._network(as_batch(pictures, (SIDE, SIDE), self._device))
            return [detections_of(YolactOutput(*parts), self.labels, size) for parts in zip(*output, strict=True)]


def detections_of(output: YolactOutput, labels: tuple[str, ...], size: tuple[int, int]) -> list[Detection]:
    """The objects of one picture of ``size`` (height, width), from one entry of the batch's output.

    A mask is the sigmoid of the prototypes in the mix of its coefficients, cut at its box.
    """
    height, width = size
    scores = output.logits.softmax(-1)[:, 1:]
    likely = (scores.amax(1) > LEAST_SCORE).nonzero()[:, 0]
    boxes = decode(output.offsets[likely], priors().to(output.offsets.device)[likely]).clamp(0, 1)
    scores = scores[likely].T
    classes, chosen = fast_nms(boxes, scores)
    best = (scores[classes, chosen] > LEAST_SCORE).nonzero()[:MOST_DETECTIONS, 0]
    classes, chosen = classes[best], chosen[best]
    found = []
    edges_of = (boxes[chosen].double() * boxes.new_tensor((width, height) * 2)).tolist()
    for edges, number, index in zip(edges_of, classes.tolist(), chosen, strict=True):
        label, box = labels[number], pixels_within(edges, size)
        if not label or box is None:
            continue
        coarse = torch.einsum("khw,k->hw", output.prototypes, output.coefficients[likely[index]]).sigmoid()
        mask = mask_in_box(coarse.cpu().numpy(), (0, 0, width, height), box, held=True)
        found.append(Detection(label=label, score=float(scores[number, index]), box=box, mask=mask))
    return found


def _published(name: str, drive: str) -> PublishedFile:
    # The authors publish no hash, and Google Drive asks a person before it sends so large a file.
    page = f"https://drive.google.com/file/d/{drive}/view"
    return PublishedFile(name=name, title="YOLACT's weights", page=page)


ARCHITECTURE = Architecture(
    name="yolact",
    options=YolactOptions,
    build=build_yolact,
    segmenter=YolactSegmenter,
    entries=network_entries,
    published={
        "yolact": PublishedNetwork(
            options=YolactOptions(backbone="resnet101"),
            labels=COCO_LABELS,
            file=_published("yolact_base_54_800000.pth", "1UYy3dMapbH1BnmtZU4WH1zbYgOzzHHf_"),
        ),
        "yolact_resnet50": PublishedNetwork(
            options=YolactOptions(backbone="resnet50"),
            labels=COCO_LABELS,
            file=_published("yolact_resnet50_54_800000.pth", "1yp7ZbbDwvMiFJEq4ptVKTYTI2VeRDXl0"),
        ),
    },
)
