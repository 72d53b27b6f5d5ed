"""The page itself: one file of HTML that asks nothing of any other. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segnet.browsing.rows import Masks, Row
from segnet.browsing.thumbnails import pack_labels, pack_photo, shrink_labels, thumbnail_size
from segnet.definitions.pair_counts import count_pairs, strict
from segnet.errors import UserError
from segnet.reporting.html import render_html
from segnet.submissions.truth import Truth
from segnet.taxonomy import IGNORE_COLOR

LARGEST_AREA = 240 * 180
"""Pixels of a thumbnail where the page has room."""
SMALLEST_AREA = 64 * 48
LARGEST_PAGE = 8_000_000
"""In bytes."""


def browse_page(
    title: str, truth: Truth, rows: Sequence[Row], *, largest_page: int = LARGEST_PAGE
) -> str:
    """Every image of a split with its truth and what each row predicts there.

    Counts are of all pixels at the size of the labels; pictures are as large as the page has room
    for.

    Args:
        title: what the rows are of.
        truth: images and masks.
        rows: one or more.
        largest_page: in bytes.

    Raises:
        UserError: if the page would be larger even with the smallest thumbnails, or predictions
            cannot be read.
    """
    area = LARGEST_AREA
    while True:
        page = render_html(
            "browse.html.jinja",
            Path(__file__).parent,
            content=page_content(title, truth, rows, area),
        )
        size = len(page.encode())
        if size <= largest_page:
            return page
        if area <= SMALLEST_AREA:
            raise UserError(
                f"a page of {len(truth)} images and {len(rows)} rows has {size / 1e6:.0f} MB, more "
                f"than {largest_page / 1e6:.0f}. Name fewer rows."
            )
        area = max(SMALLEST_AREA, int(area * 0.9 * largest_page / size))


def page_content(title: str, truth: Truth, rows: Sequence[Row], area: int) -> dict[str, Any]:
    """What the page's script reads.

    ``labels`` of truth and rows are label maps of all images behind one another, deflated; a label
    of the number of classes is void or no class. ``counts`` of an image lists pairs of a place and
    a number of pixels: place ``t * (classes + 1) + p`` is of truth ``t`` predicted as ``p``.
    """
    classes = truth.taxonomy.num_classes
    masks = [truth.mask(index) for index in range(len(truth))]
    sizes = [thumbnail_size(mask.shape, area) for mask in masks]

    def labels(maps: Masks) -> str:
        pairs = zip(maps, sizes, strict=True)
        return pack_labels(np.minimum(shrink_labels(one, size), classes) for one, size in pairs)

    def row_content(row: Row) -> dict[str, Any]:
        maps = row.read()
        pairs = [count_pairs(mask, one, classes) for mask, one in zip(masks, maps, strict=True)]
        return {
            "name": row.name,
            "labels": labels(maps),
            "counts": [_sparse(strict(one)) for one in pairs],
        }

    return {
        "title": title,
        "split": f"{truth.title}; {truth.dataset} {truth.split}, {len(truth)} images",
        "note": truth.note,
        "classes": [*truth.taxonomy.names, "no class"],
        "colors": [*truth.taxonomy.colors, IGNORE_COLOR],
        "images": [
            {"name": name, "height": size[0], "width": size[1], "photo": pack_photo(image, size)}
            for name, size, image in zip(
                truth.names, sizes, map(truth.image, range(len(truth))), strict=True
            )
        ],
        "truth": labels(masks),
        "rows": [row_content(row) for row in rows],
    }


def _sparse(pairs: np.ndarray) -> list[int]:
    flat = pairs.ravel()
    places = np.flatnonzero(flat)
    return [int(one) for one in np.stack([places, flat[places]], 1).ravel()]
