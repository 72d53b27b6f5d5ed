"""Stage ``evaluate``: one cell. ``python -m pipelines.evaluate DATASET MODEL LOSS SEED``.

Scores the test split once with the selected weights and once with those of the last epoch.
"""

from __future__ import annotations

import argparse

from pipelines.cell import open_cell
from segnet.atomic import write_arrays
from segnet.errors import UserError, exit_on_user_error
from segnet.models.weight_files import load_weights
from segnet.paths import cell_report_folder, cell_run_folder
from segnet.results.array_files import PREDICTIONS_FILE
from segnet.results.records import CHECKPOINTS, Evaluation, EvaluationRecord, TrainRecord
from segnet.scoring.boundary.counting import count_boundaries
from segnet.scoring.boundary.store import write_boundaries
from segnet.scoring.calibration.error import expected_calibration_error
from segnet.scoring.calibration.sums import SplitCalibration
from segnet.scoring.counts.evaluation import evaluate, network_predictor
from segnet.scoring.scores import scores_from_counts, write_evaluation


def main(dataset: str, model: str, loss: str, seed: int, bench: str | None = None) -> None:
    """Evaluate one trained cell of the bench that ``params.yaml`` describes.

    Raises:
        UserError: if the weights were trained with other settings than those of ``params.yaml``.
    """
    # The training's record first: it says which epochs the weights are of.
    opened = open_cell(dataset, model, loss, seed, bench=bench)
    cell, compute, taxonomy = opened.cell, opened.compute, opened.data.taxonomy
    records = cell_report_folder(cell.bench, cell.slug)
    runs = cell_run_folder(cell.bench, cell.slug)
    trained = TrainRecord.read(records)
    if trained.config != opened.config.resolved(cell):
        raise UserError(
            f"{records / TrainRecord.FILE_NAME}: trained with other settings than params.yaml has "
            "now. Put them back, or train again: `dvc repro`."
        )

    test = opened.split("test")
    network = opened.network()
    compute.place(network)

    # The selected and the last epoch are scored alike: their difference is what selecting is worth.
    epochs = {"selected": trained.selected_epoch, "last": trained.total_epochs}
    evaluations, counts, predicted, boundaries = [], {}, {}, {}
    for checkpoint in CHECKPOINTS:
        digest = load_weights(network, runs / f"{checkpoint}.safetensors")
        calibration = SplitCalibration()
        result = evaluate(
            network_predictor(network, compute),
            test,
            num_classes=taxonomy.num_classes,
            observe=calibration,
        )
        counts[checkpoint], predicted[checkpoint] = result.counts, result.predicted
        boundaries[checkpoint] = count_boundaries(
            result.predicted,
            test.masks,
            test.mask_sizes,
            taxonomy.num_classes,
            device=compute.device,
        )
        scores = scores_from_counts(
            result.counts,
            taxonomy,
            cross_entropy=result.cross_entropy,
            dice=result.dice,
            ece=float(expected_calibration_error(calibration.sums())),
            **boundaries[checkpoint].scores(),
        )
        evaluations.append(
            Evaluation(
                checkpoint=checkpoint,
                epoch=epochs[checkpoint],
                split="test",
                num_images=len(test),
                scores=scores,
                weights_sha256=digest,
            )
        )

    # Maps for pictures and counts for every other score stand beside the scores themselves.
    write_arrays(runs / PREDICTIONS_FILE, {"selected": predicted["selected"]})
    record = EvaluationRecord(
        cell=cell,
        evaluations=tuple(evaluations),
        image_names=opened.data.splits["test"].names,
        sequences=opened.data.splits["test"].sequences,
        provenance=opened.provenance(),
    )
    write_boundaries(records, boundaries)
    write_evaluation(records, record, counts)
    for one in evaluations:
        print(
            f"{cell.slug}  {one.checkpoint} (epoch {one.epoch})  test mIoU {one.scores.miou:.4f}  "
            f"G {one.scores.pixel_accuracy:.4f}  C {one.scores.class_accuracy:.4f}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipelines.evaluate")
    for axis in ("dataset", "model", "loss"):
        parser.add_argument(axis)
    parser.add_argument("seed", type=int)
    parser.add_argument("--bench")
    with exit_on_user_error():
        main(**vars(parser.parse_args()))
