"""`streets`: the built-in data set, street scenes drawn from a seed. Synthetic.

Source: ``segnet/datasets/streets/scene.py`` of this project. Nothing is downloaded.

Licence: that of this project.

Citation: this project; scores on it compare with nothing published.

Splits: as many scenes as ``params.yaml: datasets.streets`` says. Each split draws from an index
range of its own, so a longer train split changes no test scene.

Classes: CamVid's 11 (``CAMVID_11``) and void.

Quirks: scenes are independent, so each is its own sequence. Native size is ``height`` x ``width``;
another size gives other scenes, not the same ones in finer detail.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from segnet.datasets.definition import DatasetDefinition, DatasetFamily
from segnet.datasets.preparing.samples import Pair, Sample
from segnet.datasets.streets.scene import draw_scene
from segnet.schema import Section
from segnet.taxonomy import CAMVID_11, IGNORE_INDEX

VOID = 11
INDICES_PER_SPLIT = 1_000_000
Count = Annotated[int, Field(ge=1, le=INDICES_PER_SPLIT)]


class StreetsOptions(Section):
    """``params.yaml: datasets.streets``."""

    seed: int = Field(ge=0)
    height: int = Field(ge=16)
    width: int = Field(ge=16)
    train: Count
    val: Count
    test: Count


def leave_marker(raw_folder: Path) -> None:
    """Leave a file that says that there is nothing to fetch."""
    raw_folder.mkdir(parents=True, exist_ok=True)
    text = "Nothing is fetched: segnet/datasets/streets/scene.py draws the scenes.\n"
    (raw_folder / "README").write_text(text)


def scenes(options: StreetsOptions, raw_folder: Path) -> dict[str, list[Sample]]:
    """The scenes of each split; they are drawn when they are read."""
    sizes = {"train": options.train, "val": options.val, "test": options.test}
    return {
        split: [
            _scene(f"{split}_{number:06d}", part * INDICES_PER_SPLIT + number, options)
            for number in range(size)
        ]
        for part, (split, size) in enumerate(sizes.items())
    }


def _scene(name: str, index: int, options: StreetsOptions) -> Sample:
    return Sample(name, name, partial(_draw, index, options))


def _draw(index: int, options: StreetsOptions) -> Pair:
    image, mask = draw_scene(options.seed, index, height=options.height, width=options.width)
    return Pair(image, np.where(mask == VOID, np.uint8(IGNORE_INDEX), mask))


def define(options: StreetsOptions) -> DatasetDefinition:
    """The scenes that these options draw."""
    return DatasetDefinition(
        title="Street scenes drawn by this project",
        taxonomy=CAMVID_11,
        synthetic=True,
        source="segnet/datasets/streets/scene.py",
        licence="that of this project",
        citation="none; scores compare with nothing published",
        fetch=leave_marker,
        samples=partial(scenes, options),
    )


STREETS = DatasetFamily(StreetsOptions, define)
