from __future__ import annotations

import base64
import io
import json
import re
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_rows import NAMES, SIZE, fake_masks, fake_predicted, fake_rows, fake_truth
from PIL import Image

from segnet.browsing.page import LARGEST_AREA, browse_page, page_content
from segnet.browsing.rows import Row
from segnet.browsing.thumbnails import pack_photo, shrink_labels, thumbnail_size
from segnet.errors import UserError


def content_of(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script id="content"[^>]*>(.*?)</script>', page, re.S)
    content: dict[str, Any] = json.loads(text)
    return content


def test_content_holds_every_label_and_every_count() -> None:
    content = page_content("fake", fake_truth(), fake_rows(), LARGEST_AREA)
    raw = zlib.decompress(base64.b64decode(content["truth"]))
    stored = np.frombuffer(raw, np.uint8).reshape(len(NAMES), *SIZE)
    np.testing.assert_array_equal(stored, np.minimum(fake_masks(), 3))
    for row, seed in zip(content["rows"], (2, 3), strict=True):
        for index, sparse in enumerate(row["counts"]):
            truth, predicted = fake_masks()[index], fake_predicted(seed)[index]
            for place, count in zip(sparse[::2], sparse[1::2], strict=True):
                where = (truth == place // 4) & (predicted == place % 4)
                assert count == where.sum() > 0
            assert sum(sparse[1::2]) == (truth < 3).sum()


def test_names_from_outside_are_no_html() -> None:
    page = browse_page("<b>bench</b>", fake_truth(), fake_rows())
    assert "<b>bench" not in page
    assert "<tree>" not in page
    assert content_of(page)["classes"] == ["road", "sky", "<tree>", "no class"]


def test_thumbnail_takes_the_labels_in_the_middle_of_its_pixels() -> None:
    mask = np.arange(6 * 9, dtype=np.uint8).reshape(6, 9)
    np.testing.assert_array_equal(
        shrink_labels(mask, (2, 3)),
        [[mask[1, 1], mask[1, 4], mask[1, 7]], [mask[4, 1], mask[4, 4], mask[4, 7]]],
    )
    np.testing.assert_array_equal(shrink_labels(mask, (6, 9)), mask)


def test_thumbnail_keeps_proportions_and_is_never_enlarged() -> None:
    assert thumbnail_size((360, 480), 240 * 180) == (180, 240)
    assert thumbnail_size((12, 16), 240 * 180) == (12, 16)
    assert thumbnail_size((1, 4000), 100) == (1, 632)


def test_photo_is_a_webp_of_the_size_asked_for() -> None:
    pixels = np.full((40, 60, 3), (200, 30, 90), np.uint8)
    with Image.open(io.BytesIO(base64.b64decode(pack_photo(pixels, (20, 30))))) as image:
        assert (image.format, image.size) == ("WEBP", (30, 20))
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - (200, 30, 90)).max() < 12


def test_pictures_shrink_until_the_page_is_small_enough() -> None:
    """Random labels hardly compress, so most of the page is pictures."""
    masks = np.random.default_rng(0).integers(0, 3, (6, 150, 200)).astype(np.uint8)
    truth = replace(fake_truth(), mask=lambda index: masks[index])
    rows = [Row("a", lambda: list(masks))]
    whole = browse_page("fake", truth, rows)
    limit = len(whole) // 2
    small = browse_page("fake", truth, rows, largest_page=limit)
    assert len(small.encode()) <= limit
    assert (
        json.loads(re.findall(r"<script id=.*?>(.*?)</script>", small, re.S)[0])["images"][0][
            "height"
        ]
        < 150
    )
    with pytest.raises(UserError, match=r"more than 0\.\d+ MB?|Name fewer rows"):
        browse_page("fake", truth, rows, largest_page=1000)
