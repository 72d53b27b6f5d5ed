"""Stage ``prepare``: one data set. ``python -m pipelines.prepare DATASET``.

Reads ``data/raw/DATASET``, leaves ``data/prepared/<bench>/DATASET`` and prints the share of each
class.
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from segnet.config import load_config
from segnet.datasets import define_dataset
from segnet.datasets.parallel import worker_processes
from segnet.datasets.preparation import write_dataset
from segnet.datasets.store import PreparedDataset
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
    note = " (synthetic)" if definition.synthetic else ""
    Console().print(class_table(f"{definition.title}{note}", data))


def class_table(title: str, data: PreparedDataset) -> Table:
    """Percent of the labelled pixels by class and split, and of all pixels for void."""
    table = Table("class", title=f"{title}: % of labelled pixels")
    for split, part in data.splits.items():
        table.add_column(f"{split} ({len(part)})", justify="right")
    shares = [part.class_shares() * 100 for part in data.splits.values()]
    for label, name in enumerate(data.taxonomy.names):
        table.add_row(name, *(f"{share[label]:.2f}" for share in shares))
    voids = (part.void_share() * 100 for part in data.splits.values())
    table.add_row("void (% of all)", *(f"{void:.2f}" for void in voids), style="dim")
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.prepare")
    parser.add_argument("dataset")
    with exit_on_user_error():
        main(parser.parse_args().dataset)
