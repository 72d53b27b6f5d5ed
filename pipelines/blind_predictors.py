"""Stage ``blind_predictors``: one data set. ``python -m pipelines.blind_predictors DATASET``.

Scores the predictors that never see an image on the test split and leaves their records beside the
models'.
"""

from __future__ import annotations

import argparse
import math

from segnet.bench.config import load_config
from segnet.datasets.prepared.store import PreparedDataset, read_dataset
from segnet.errors import exit_on_user_error, lookup
from segnet.grid import Cell
from segnet.paths import cell_report_folder, prepared_folder
from segnet.results.provenance import collect_provenance
from segnet.results.records import Evaluation, EvaluationRecord
from segnet.scoring.blind_predictors import blind_counts
from segnet.scoring.scores import scores_from_counts, write_evaluation


def main(dataset: str) -> None:
    """Score every blind predictor on one data set of the bench that ``params.yaml`` describes."""
    config = load_config()
    lookup(dict.fromkeys(config.bench.datasets), dataset, what="data set of the bench")
    data = read_dataset(prepared_folder(config.bench.name, dataset))
    for cell in config.bench.blind_cells():
        if cell.dataset == dataset:
            evaluate_blind(cell, data)


def evaluate_blind(cell: Cell, data: PreparedDataset) -> None:
    """Score one blind predictor on the test split and write its record."""
    counts = blind_counts(data, cell.model)
    scores = scores_from_counts(counts, data.taxonomy, cross_entropy=math.nan, dice=math.nan)
    test = data.splits["test"]
    record = EvaluationRecord(
        cell=cell,
        evaluations=(
            Evaluation(
                checkpoint="selected", epoch=0, split="test", num_images=len(test), scores=scores
            ),
        ),
        image_names=test.names,
        sequences=test.sequences,
        provenance=collect_provenance(
            device="cpu", precision="exact", threads=1, data_fingerprint=data.fingerprint
        ),
    )
    write_evaluation(cell_report_folder(cell.bench, cell.slug), record, {"selected": counts})
    print(f"{cell.slug}: mIoU {scores.miou:.4f}, pixel accuracy {scores.pixel_accuracy:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.blind_predictors")
    parser.add_argument("dataset")
    with exit_on_user_error():
        main(parser.parse_args().dataset)
