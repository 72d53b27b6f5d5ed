"""Stage ``prepare``: one data set. ``python -m pipelines.prepare DATASET``.

Reads ``data/raw/DATASET``, leaves ``data/prepared/<bench>/DATASET`` and prints the share of each
class, in how many images it is, and what is absent. It always prepares anew: ``dvc repro`` is what
skips the stage if the raw files' content, the options and the code are as before.
"""

from __future__ import annotations

import argparse
from itertools import chain

import numpy as np
from jaxtyping import Int64
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from segnet.bench.config import load_config
from segnet.datasets.prepared.store import PreparedDataset, PreparedSplit
from segnet.datasets.preparing.parallel import worker_processes
from segnet.datasets.preparing.writing import write_dataset
from segnet.datasets.registry import define_dataset
from segnet.errors import exit_on_user_error
from segnet.paths import prepared_folder, raw_folder


def main(name: str) -> None:
    """Prepare one data set for the bench that ``params.yaml`` describes."""
    config = load_config()
    definition = define_dataset(name, config.datasets)
    samples = definition.samples(raw_folder(name))
    with worker_processes() as executor:
        data = write_dataset(
            prepared_folder(config.bench.name, name),
            definition.taxonomy,
            samples,
            working_size=config.bench.working_size,
            expected_fingerprint=definition.fingerprint,
            executor=executor,
        )
    synthetic = " (synthetic)" if definition.synthetic else ""
    console = Console()
    console.print(class_table(f"{definition.title}{synthetic}", data))
    notes = [definition.note] if definition.note else []
    for line in (*absent_classes(data), *notes):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    definition.check(data)


def class_table(title: str, data: PreparedDataset) -> Table:
    """Percent of the labelled pixels and number of images by class and split.

    The last row is the percentage of void in all pixels.
    """
    heading = Text(f"{title}: % of labelled pixels, and images with the class", "table.title")
    table = Table("class", title=heading)
    for split, part in data.splits.items():
        table.add_column(f"{split} ({len(part)})", justify="right")
        table.add_column("images", justify="right", style="dim")
    shares = [part.class_shares() * 100 for part in data.splits.values()]
    images = [images_with_class(part) for part in data.splits.values()]
    for label, name in enumerate(data.taxonomy.names):
        pairs = zip(shares, images, strict=True)
        cells = ((f"{share[label]:.2f}", str(count[label])) for share, count in pairs)
        table.add_row(escape(name), *chain.from_iterable(cells))
    voids = ((f"{part.void_share() * 100:.2f}", "") for part in data.splits.values())
    table.add_row("void (% of all)", *chain.from_iterable(voids), style="dim")
    return table


def images_with_class(part: PreparedSplit) -> Int64[np.ndarray, " classes"]:
    """In how many images of a split each class is."""
    return np.asarray(np.count_nonzero(part.class_counts, axis=0))


def absent_classes(data: PreparedDataset) -> list[str]:
    """A line a split that lacks a class; scores on it are means over the others."""
    names = np.array(data.taxonomy.names)
    lines = []
    for split, part in data.splits.items():
        absent = names[images_with_class(part) == 0].tolist()
        if absent:
            present = f"{len(names) - len(absent)} of {len(names)} classes"
            lines.append(f"{split} has {present}; absent: {', '.join(absent)}")
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.prepare")
    parser.add_argument("dataset")
    with exit_on_user_error():
        main(parser.parse_args().dataset)
