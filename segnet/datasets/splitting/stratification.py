"""A split in which every class is spread as evenly as it can be over the parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int64


def stratify(
    presence: Bool[np.ndarray, "images classes"], weights: Sequence[int]
) -> Int64[np.ndarray, " images"]:
    """The part of each image, by iterative stratification.

    K. Sechidis, G. Tsoumakas, I. Vlahavas, "On the stratification of multi-label data", ECML PKDD
    2011, algorithm 1: the class with the fewest images left is dealt out first, each image to the
    part that still wants most of that class, then to the part that still wants most images. The
    paper breaks the remaining ties at random; here the lower class and the earlier part win, so the
    same rows in the same order give the same split. Images of one class are dealt out in row order,
    the parts with large weights first: shuffle rows whose order means something.

    What a part wants is counted in units of one image over ``sum(weights)``, which keeps it whole.

    Args:
        presence: whether an image has a class. An image may have none.
        weights: how the images divide, such as ``(8, 1, 1)``.

    Returns:
        Indices into ``weights``.
    """
    share = np.array(weights, np.int64)
    image_unit = int(share.sum())
    wanted_images = share * len(presence)
    wanted_of_class = np.outer(presence.sum(0), share)
    parts = np.full(len(presence), -1, np.int64)
    unplaced = np.ones(len(presence), bool)

    def place(image: int, part: int) -> None:
        parts[image] = part
        unplaced[image] = False
        wanted_images[part] -= image_unit
        wanted_of_class[presence[image], part] -= image_unit

    while (left := presence[unplaced].sum(0)).any():
        rarest = int(np.where(left > 0, left, len(presence) + 1).argmin())
        for image in np.flatnonzero(presence[:, rarest] & unplaced).tolist():
            place(image, int(np.lexsort((-wanted_images, -wanted_of_class[rarest]))[0]))
    for image in np.flatnonzero(unplaced).tolist():
        place(image, int(wanted_images.argmax()))
    return parts
