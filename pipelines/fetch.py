"""Stage ``fetch``: the files of one data set. ``python -m pipelines.fetch DATASET``.

Leaves ``data/raw/DATASET`` and says what the files may be used for. ``SEGBENCH_MIRROR`` is asked
before the network.
"""

from __future__ import annotations

import argparse
import sys

from segnet.bench.config import load_config
from segnet.datasets.registry import define_dataset
from segnet.errors import exit_on_user_error
from segnet.paths import raw_folder


def main(dataset: str) -> None:
    """Fetch one data set with the options of ``params.yaml``."""
    definition = define_dataset(dataset, load_config().datasets)
    print(
        f"{definition.title}. Licence: {definition.licence}. {definition.source}", file=sys.stderr
    )
    definition.fetch(raw_folder(dataset))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.fetch")
    parser.add_argument("dataset")
    with exit_on_user_error():
        main(parser.parse_args().dataset)
