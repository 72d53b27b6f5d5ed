"""The label sets of ``clothing``: the 59 published classes, and 11 groups of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from segnet.datasets.preparing.palette import distinct_colors
from segnet.schema import read_yaml
from segnet.taxonomy import Taxonomy

_PUBLISHED = """
background accessories bag belt blazer blouse bodysuit boots bra bracelet cape cardigan clogs
coat dress earrings flats glasses gloves hair hat heels hoodie intimate jacket jeans jumper
leggings loafers necklace panties pants pumps purse ring romper sandals scarf shirt shoes shorts
skin skirt sneakers socks stockings suit sunglasses sweater sweatshirt swimwear t-shirt tie
tights top vest wallet watch wedges
"""
CLASSES = tuple(_PUBLISHED.split())
"""Label i is the i-th entry of ``label_list.mat``, where the first is called ``null``."""
GROUPS_FILE = Path(__file__).with_name("groups.yaml")

Translation = UInt8[np.ndarray, " published"]
"""The label of each published label."""


def all_classes() -> tuple[Taxonomy, Translation]:
    """The published classes, which keep their labels."""
    return Taxonomy(CLASSES, distinct_colors(len(CLASSES))), np.arange(len(CLASSES), dtype=np.uint8)


def merged_classes() -> tuple[Taxonomy, Translation]:
    """The groups of ``groups.yaml``, in its order."""
    groups: dict[str, list[str]] = read_yaml(GROUPS_FILE)
    translation = np.zeros(len(CLASSES), np.uint8)
    for label, members in enumerate(groups.values()):
        translation[[CLASSES.index(name) for name in members]] = label
    return Taxonomy(tuple(groups), distinct_colors(len(groups))), translation
