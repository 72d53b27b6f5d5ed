"""Stage ``measure``: what a network costs. ``python -m pipelines.measure DATASET MODEL``.

Counts parameters and multiply-adds and times forward passes of the untrained network at the bench's
working size: weights do not change the time. Takes seconds and needs nothing of the data but the
number of classes.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial

from pipelines.cell import build_network, provenance_of
from segnet.bench.config import load_config
from segnet.compute import choose_compute
from segnet.datasets.prepared.store import read_dataset
from segnet.errors import exit_on_user_error
from segnet.measuring.cost.speed import measure
from segnet.paths import prepared_folder
from segnet.results.records import MeasureRecord

BATCH_IMAGES = {"cpu": 4, "cuda": 32}
"""How many images pass at once where images per second are measured: enough to keep it busy."""


def main(dataset: str, model: str) -> None:
    """Measure one network of the bench that ``params.yaml`` describes."""
    config = load_config()
    bench = config.bench
    compute = choose_compute(bench.precision)
    data = read_dataset(prepared_folder(bench.name, dataset))
    num_classes = data.taxonomy.num_classes
    build = partial(build_network, config, model, num_classes=num_classes, seed=0)
    cost = measure(
        build,
        compute,
        num_classes=num_classes,
        size=bench.working_size,
        batch_images=BATCH_IMAGES[compute.device.type],
    )
    origin = provenance_of(compute, data)
    record = MeasureRecord(
        bench=bench.name,
        dataset=dataset,
        model=model,
        **asdict(cost),
        **origin.model_dump(exclude={"python", "data_fingerprint"}),
    )
    print(record.write_file(MeasureRecord.path(bench.name, dataset, model)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.measure")
    for axis in ("dataset", "model"):
        parser.add_argument(axis)
    with exit_on_user_error():
        main(**vars(parser.parse_args()))
