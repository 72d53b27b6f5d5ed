"""What is written of predictions: overlays, label maps, the share of each class."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from segnet.atomic import write_atomically
from segnet.inference.legends import with_legend
from segnet.inference.prediction import overlay, save_picture
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

MASKS_FOLDER = "masks"
CLASSES_FILE = "classes.json"


@dataclass(frozen=True)
class Outputs:
    """Where the results of one network go, and what they are called."""

    folder: Path
    network: str
    """Stands behind the name of a picture in that of each result, as MODEL-LOSS-sSEED."""
    taxonomy: Taxonomy
    has_masks: bool = False
    """Whether label maps are written too."""

    def path(self, source: Path, ending: str = ".png") -> Path:
        """Of what is drawn of a picture: ``FOLDER/PICTURE-NETWORK.png``."""
        return self.folder / f"{source.stem}-{self.network}{ending}"

    def mask_path(self, source: Path) -> Path:
        """Of a picture's label map. Masks have a folder of their own, which can be scored."""
        return self.folder / MASKS_FOLDER / self.path(source).name

    def draw(
        self,
        image: UInt8[np.ndarray, "h w 3"],
        mask: UInt8[np.ndarray, "h w"],
        labels: Sequence[int],
    ) -> UInt8[np.ndarray, "taller w 3"]:
        """The overlay with these classes named below it."""
        return with_legend(overlay(image, mask, self.taxonomy), self.taxonomy, labels)

    def write_mask(self, mask: UInt8[np.ndarray, "h w"], path: Path) -> Path:
        """A PNG whose pixels are labels and whose palette has the colours of the classes.

        Raises:
            UserError: if the disk does not take it.
        """
        palette = self.taxonomy.colorize(np.arange(256, dtype=np.uint8)[None])[0]
        return save_picture(mask, path, palette=palette)

    def write_classes(self) -> None:
        """Say beside the label maps what their labels stand for."""
        classes = [
            {"label": label, "name": name, "color": color}
            for label, (name, color) in enumerate(
                zip(self.taxonomy.names, self.taxonomy.colors, strict=True)
            )
        ]
        text = json.dumps({"classes": classes, "void": IGNORE_INDEX}, indent=1)
        write_atomically(self.folder / MASKS_FOLDER / CLASSES_FILE, f"{text}\n")

    def count_pixels(self, mask: UInt8[np.ndarray, "h w"]) -> Int64[np.ndarray, " classes"]:
        """How many pixels each class has."""
        return np.bincount(mask.ravel(), minlength=self.taxonomy.num_classes)

    def shares(self, pixels: Int64[np.ndarray, " classes"]) -> dict[str, float]:
        """The share of each class in all pixels, by name."""
        return dict(zip(self.taxonomy.names, (pixels / pixels.sum()).tolist(), strict=True))
