"""Writing the prepared format: decode every sample once, in parallel, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from segnet.atomic import fresh_folder, require_space
from segnet.datasets.prepared.store import FORMAT, PreparedDataset, read_dataset
from segnet.datasets.preparing.canvas_file import StackWriter
from segnet.datasets.preparing.parallel import map_in_order
from segnet.datasets.preparing.samples import Decoded, Sample, decode
from segnet.datasets.progress import progress
from segnet.errors import UserError
from segnet.taxonomy import IGNORE_INDEX, Taxonomy


def write_dataset(
    folder: Path,
    taxonomy: Taxonomy,
    samples_by_split: Mapping[str, Sequence[Sample]],
    *,
    working_size: tuple[int, int],
    expected_fingerprint: str | None = None,
    executor: Executor | None = None,
) -> PreparedDataset:
    """Decode all samples in parallel and write them to ``folder``, whole or not at all.

    Args:
        folder: replaced if it exists; left as it is if anything fails.
        taxonomy: the classes of the masks.
        samples_by_split: in the order of the fingerprint.
        working_size: height and width that images are shrunk to fit in; masks keep their size.
        expected_fingerprint: what the fingerprint must be, if that is known.
        executor: where samples are decoded; None starts threads, which pickle nothing.

    Raises:
        UserError: on an empty split, a name that occurs twice, a pair or label that is wrong, a
            full disk, or pixels with another fingerprint.
    """
    _check_names(samples_by_split)
    prepare = partial(decode, num_classes=taxonomy.num_classes, working_size=working_size)
    pixels = hashlib.sha256()
    splits: dict[str, Any] = {}
    workers = nullcontext(executor) if executor else ThreadPoolExecutor()
    with fresh_folder(folder) as scratch, workers as pool:
        unwritten = sum(map(len, samples_by_split.values()))
        for split, samples in samples_by_split.items():
            pixels.update(f"{split}\n".encode())
            ordered = sorted(samples, key=lambda sample: sample.name)
            first = prepare(ordered[0])
            require_space(folder, unwritten * (first.image.nbytes + first.mask.nbytes))
            decoded = map_in_order(prepare, ordered, pool)
            splits[split] = _write_split(scratch / split, ordered, decoded, pixels.update)
            unwritten -= len(samples)
        fingerprint = pixels.hexdigest()
        if expected_fingerprint is not None and fingerprint != expected_fingerprint:
            raise UserError(
                f"{folder}: the pixels have fingerprint {fingerprint[:12]}, the published ones "
                f"{expected_fingerprint[:12]}: a file differs. Delete the raw data and fetch again."
            )
        record = {
            "format": FORMAT,
            "fingerprint": fingerprint,
            "working_size": working_size,
            "classes": taxonomy.names,
            "colors": taxonomy.colors,
            "splits": splits,
        }
        (scratch / "dataset.json").write_text(json.dumps(record) + "\n")
    return read_dataset(folder)


def _write_split(
    folder: Path,
    samples: Sequence[Sample],
    decoded_samples: Iterable[Decoded],
    update_fingerprint: Callable[[bytes], None],
) -> dict[str, Any]:
    """Write the arrays of a split and give its entry of ``dataset.json``."""
    folder.mkdir()
    image_sizes, mask_sizes, counts = [], [], []
    with (
        StackWriter(folder / "images.npy", len(samples), fill=0) as images,
        StackWriter(folder / "masks.npy", len(samples), fill=IGNORE_INDEX) as masks,
        progress(folder.name, len(samples), unit="images") as advance,
    ):
        for decoded in decoded_samples:
            images.append(decoded.image)
            masks.append(decoded.mask)
            image_sizes.append(list(decoded.image.shape[:2]))
            mask_sizes.append(list(decoded.mask.shape))
            counts.append(decoded.class_counts.tolist())
            update_fingerprint(decoded.digest)
            advance(1)
    return {
        "names": [sample.name for sample in samples],
        "sequences": [sample.sequence for sample in samples],
        "image_sizes": image_sizes,
        "mask_sizes": mask_sizes,
        "class_counts": counts,
    }


def _check_names(samples_by_split: Mapping[str, Sequence[Sample]]) -> None:
    """Every split has images and no name occurs twice, in one split or in two."""
    if not samples_by_split:
        raise UserError("the data set has no splits. Mend the data set's `samples`.")
    split_of: dict[str, str] = {}
    for split, samples in samples_by_split.items():
        if not samples:
            raise UserError(f"split '{split}' has no images. Fetch the data set again.")
        for sample in samples:
            if sample.name in split_of:
                raise UserError(
                    f"'{sample.name}' occurs twice, in '{split_of[sample.name]}' and in '{split}'. "
                    "An image belongs to one split, once: delete one."
                )
            split_of[sample.name] = split
