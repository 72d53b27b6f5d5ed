"""Class weights of a loss, from the pixel counts of the training masks. No torch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, Int64

from segnet.errors import UserError


def median_frequency(
    class_counts: Int64[np.ndarray, "n classes"], image_pixels: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, " classes"]:
    """Median-frequency balancing: a rare class weighs more, the median class 1.

    The formula of Eigen and Fergus (arXiv 1411.4734), which the SegNet paper uses in section 3:
    ``freq(c)`` is the pixels of class c, divided by all pixels of the images in which c occurs;
    the weight is ``median(freq) / freq(c)``. With an even number of classes the median is the mean
    of the middle two, so no weight need be 1. Two departures:

    - The median is over the classes alone. SegNet's released weights take it over void as well,
      which multiplies all of them by one factor; a weighted mean does not change with that.
    - A class without a training pixel, whose frequency is 0/0, has no part in the median and
      weight 0, which no training pixel ever gets. An error would bar data sets whose split leaves
      a rare class out.

    Args:
        class_counts: labelled pixels of each class in each image.
        image_pixels: all pixels of each image, void included.

    Raises:
        UserError: if no pixel of the split is labelled.
    """
    pixels = class_counts.sum(0)
    occurs = pixels > 0
    if not occurs.any():
        raise UserError(
            "class_weights: the training split has no labelled pixel to weigh classes by. "
            "Prepare the data set again, or set `class_weights: none`."
        )
    pixels_around = image_pixels @ (class_counts > 0)
    frequencies = pixels[occurs] / pixels_around[occurs]
    weights = np.zeros(len(pixels))
    weights[occurs] = np.median(frequencies) / frequencies
    return weights


ClassWeighting = Callable[
    [Int64[np.ndarray, "n classes"], Int64[np.ndarray, " n"]], Float64[np.ndarray, " classes"]
]

CLASS_WEIGHTS: dict[str, ClassWeighting | None] = {
    "none": None,
    "median_frequency": median_frequency,
}
