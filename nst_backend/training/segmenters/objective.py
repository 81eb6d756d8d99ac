"""What a Mask R-CNN minimises: torchvision's five losses, at the size the segmenter looks at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.image_list import ImageList

from .augment import Varied

__all__ = ["mask_rcnn_losses"]


def mask_rcnn_losses(network: MaskRCNN, batch: Sequence[Varied], device: torch.device) -> dict[str, Tensor]:
    """Losses by name of pictures of one or several sizes.

    The network's own ``forward`` would enlarge small pictures without the limit that its segmenter keeps to.
    """
    prepare = network.transform
    pictures = [
        prepare.normalize(torch.from_numpy(varied.picture.transpose(2, 0, 1).copy()).to(device)) for varied in batch
    ]
    sizes = [(picture.shape[1], picture.shape[2]) for picture in pictures]
    images = ImageList(prepare.batch_images(pictures, prepare.size_divisible), sizes)
    targets = [_target(varied, device) for varied in batch]
    features = network.backbone(images.tensors)
    proposals, region_losses = network.rpn(images, features, targets)
    _, object_losses = network.roi_heads(features, proposals, images.image_sizes, targets)
    return {name.removeprefix("loss_"): value for name, value in {**region_losses, **object_losses}.items()}


def _target(varied: Varied, device: torch.device) -> dict[str, Tensor]:
    """Boxes by the outer edges of their pixels; label 0 is the background."""
    edges = []
    for mask in varied.masks:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        edges.append((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    return {
        "boxes": torch.tensor(np.array(edges, np.float32).reshape(-1, 4), device=device),
        "labels": torch.tensor([label + 1 for label in varied.labels], dtype=torch.int64, device=device),
        "masks": torch.from_numpy(varied.masks.astype(np.uint8)).to(device),
    }
