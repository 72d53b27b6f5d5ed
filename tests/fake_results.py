"""Small results of a bench that was never run, in the format of the real ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from segnet.atomic import write_arrays
from segnet.datasets.definition import DatasetDefinition
from segnet.datasets.prepared.store import PreparedDataset, PreparedSplit
from segnet.grid import BLIND_PREDICTORS, Bench, Cell
from segnet.paths import cell_report_folder, cell_run_folder
from segnet.results.array_files import PREDICTIONS_FILE
from segnet.results.cells import cells_of
from segnet.results.history import write_history
from segnet.results.records import (
    Checkpoint,
    DataFacts,
    Evaluation,
    EvaluationRecord,
    MeasureRecord,
    Provenance,
    TrainRecord,
)
from segnet.scoring.scores import scores_from_counts, write_evaluation
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

FINGERPRINT = "f1" * 32
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TWO_CLASSES = Taxonomy(("road", "sky"), ((128, 64, 128), (70, 130, 180)))
FACTS = DataFacts(
    title="Fake streets",
    synthetic=True,
    source="tests/fake_results.py",
    licence="none",
    citation="none",
    mask_sizes=((6, 8), (6, 8)),
)

PERFECT = np.array([[[10, 0], [0, 10]]])
"""mIoU 1."""
GOOD = np.array([[[8, 2], [0, 10]]])
"""IoU 8/10 and 10/12, mIoU 49/60; G 18/20; C (8/10 + 1) / 2."""
ONE_CLASS = np.array([[[10, 0], [10, 0]]])
"""All road: IoU 10/20 and 0, mIoU 1/4."""


def fake_bench(
    *,
    datasets: Sequence[str] = ("streets",),
    models: Sequence[str] = ("segnet_v1", "fcn8s"),
    losses: Sequence[str] = ("ce",),
    seeds: Sequence[int] = (0, 1, 2),
    total_epochs: int = 4,
) -> Bench:
    return Bench(
        name="fake",
        title="A bench that never ran",
        datasets=tuple(datasets),
        models=tuple(models),
        losses=tuple(losses),
        seeds=tuple(seeds),
        recipe="modern",
        working_size=(48, 64),
        total_epochs=total_epochs,
        validate_every_epochs=2,
        width=0.25,
        encoder_weights="random",
        precision="float32",
    )


def fake_definition(taxonomy: Taxonomy = TWO_CLASSES) -> DatasetDefinition:
    return DatasetDefinition(
        title=FACTS.title,
        taxonomy=taxonomy,
        synthetic=FACTS.synthetic,
        source=FACTS.source,
        licence=FACTS.licence,
        citation=FACTS.citation,
        fetch=lambda folder: None,
        samples=lambda folder: {},
    )


def fake_provenance(*, fingerprint: str = FINGERPRINT, precision: str = "float32") -> Provenance:
    return Provenance(
        commit=COMMIT,
        date="2026-01-02T03:04:05+00:00",
        device="Fake CPU",
        precision=precision,
        threads=2,
        platform="Linux x86_64",
        python="3.11.7",
        versions={"torch": "2.15.0", "numpy": "2.4.6"},
        data_fingerprint=fingerprint,
    )


def write_training(bench: Bench, cell: Cell, *, final_miou: float = 0.5) -> Path:
    """The records of a training: loss 1/epoch, validated every other epoch with a rising mIoU."""
    folder = cell_report_folder(bench.name, cell.slug)
    axes = {"title", "datasets", "models", "losses", "seeds"}
    epochs = range(1, bench.total_epochs + 1)
    val_miou = [
        final_miou * epoch / bench.total_epochs if epoch % 2 == 0 else math.nan for epoch in epochs
    ]
    TrainRecord(
        cell=cell,
        config={"bench": bench.model_dump(mode="json", exclude=axes)},
        config_digest="0" * 12,
        parameters=1_250_000,
        steps=40,
        total_epochs=bench.total_epochs,
        selected_epoch=bench.total_epochs,
        selected_val_miou=final_miou,
        last_val_miou=final_miou,
        train_seconds=12.5,
        images_per_second=64.0,
        provenance=fake_provenance(),
    ).write(folder)
    rows = [
        {
            "epoch": float(epoch),
            "learning_rate": 0.001,
            "train_loss": 1 / epoch,
            "val_miou": score,
            "val_pixel_accuracy": score,
            "val_loss": score,
            "seconds": 2.0,
            "images_per_second": 64.0,
        }
        for epoch, score in zip(epochs, val_miou, strict=True)
    ]
    write_history(folder, rows)
    return folder


def write_cost(bench: Bench, model: str, *, multiply_adds: int, latency_ms: float) -> Path:
    """What a network costs on the first data set of a bench."""
    dataset = bench.datasets[0]
    height, width = bench.working_size
    return MeasureRecord(
        bench=bench.name,
        dataset=dataset,
        model=model,
        num_classes=2,
        height=height,
        width=width,
        parameters=1_250_000,
        multiply_adds=multiply_adds,
        latency_ms=latency_ms,
        images_per_second=10.0,
        batch_images=8,
        peak_memory_mib=None,
        **fake_provenance().model_dump(exclude={"python", "data_fingerprint"}),
    ).write_file(MeasureRecord.path(bench.name, dataset, model))


def write_scores(
    bench: Bench,
    cell: Cell,
    counts: Mapping[Checkpoint, Int64[np.ndarray, "n k k"]],
    *,
    taxonomy: Taxonomy = TWO_CLASSES,
    names: Sequence[str] | None = None,
    fingerprint: str = FINGERPRINT,
    sequences: Sequence[str] = (),
    **others: float,
) -> Path:
    """The records of an evaluation with these counts."""
    folder = cell_report_folder(bench.name, cell.slug)
    is_blind = cell.model in BLIND_PREDICTORS
    num_images = len(counts["selected"])
    evaluations = tuple(
        Evaluation(
            checkpoint=checkpoint,
            epoch=0 if is_blind else bench.total_epochs,
            split="test",
            num_images=num_images,
            scores=scores_from_counts(
                one,
                taxonomy,
                cross_entropy=math.nan if is_blind else 0.5,
                dice=math.nan if is_blind else 0.25,
                **others,
            ),
        )
        for checkpoint, one in counts.items()
    )
    record = EvaluationRecord(
        cell=cell,
        evaluations=evaluations,
        image_names=tuple(names or (f"image{index}" for index in range(num_images))),
        sequences=tuple(sequences),
        provenance=fake_provenance(fingerprint=fingerprint),
    )
    write_evaluation(folder, record, counts)
    return folder


def write_cell(bench: Bench, cell: Cell, counts: Int64[np.ndarray, "n k k"]) -> Path:
    """All records of a cell, the same counts for both checkpoints; a blind predictor has one."""
    if cell.model in BLIND_PREDICTORS:
        return write_scores(bench, cell, {"selected": counts})
    write_training(bench, cell)
    return write_scores(bench, cell, {"selected": counts, "last": counts})


def write_fake_bench(
    bench: Bench, *, num_images: int = 7, taxonomy: Taxonomy = TWO_CLASSES
) -> dict[str, PreparedDataset]:
    """Records, counts and predictions of every cell, and the prepared data that they are of."""
    prepared = {}
    for dataset in bench.datasets:
        prepared[dataset] = data = fake_prepared(num_images, taxonomy)
        for cell in cells_of(bench):
            if cell.dataset == dataset:
                write_predicted_cell(bench, cell, data, spoil(data.splits["test"], cell, taxonomy))
    return prepared


def write_predicted_cell(
    bench: Bench, cell: Cell, data: PreparedDataset, predicted: UInt8[np.ndarray, "n h w"]
) -> None:
    """Records and counts of a cell with these predictions on the test split."""
    test, taxonomy = data.splits["test"], data.taxonomy
    counts = count_pairs(test.masks, predicted, taxonomy.num_classes)
    if cell.model in BLIND_PREDICTORS:
        write_scores(
            bench,
            cell,
            {"selected": counts},
            taxonomy=taxonomy,
            names=test.names,
            sequences=test.sequences,
        )
        return
    both: dict[Checkpoint, Int64[np.ndarray, "n k k"]] = {"selected": counts, "last": counts}
    write_training(bench, cell)
    write_scores(bench, cell, both, taxonomy=taxonomy, names=test.names, sequences=test.sequences)
    folder = cell_run_folder(bench.name, cell.slug)
    write_arrays(folder / PREDICTIONS_FILE, {"selected": predicted})


def fake_prepared(num_images: int, taxonomy: Taxonomy) -> PreparedDataset:
    """Stripes of classes on 6 x 8 masks with a void corner, images of twice the size."""
    height, width = 6, 8
    columns = np.arange(width) * taxonomy.num_classes // width
    masks = np.tile(columns.astype(np.uint8), (num_images, height, 1))
    masks[:, 0, 0] = IGNORE_INDEX
    labels = np.arange(taxonomy.num_classes)
    test = PreparedSplit(
        images=np.full((num_images, 2 * height, 2 * width, 3), 90, np.uint8),
        masks=masks,
        names=tuple(f"image{index}" for index in range(num_images)),
        sequences=("clip",) * num_images,
        image_sizes=np.tile(np.array([2 * height, 2 * width]), (num_images, 1)),
        mask_sizes=np.tile(np.array([height, width]), (num_images, 1)),
        class_counts=np.stack([(mask[..., None] == labels).sum((0, 1)) for mask in masks]),
    )
    return PreparedDataset(taxonomy, FINGERPRINT, {"test": test})


def spoil(
    split: PreparedSplit, cell: Cell, taxonomy: Taxonomy
) -> UInt8[np.ndarray, "n mask_h mask_w"]:
    """The truth with errors: image ``i`` has its last ``i`` rows wrong, void is class 0."""
    predicted = np.where(split.masks == IGNORE_INDEX, 0, split.masks)
    for index, mask in enumerate(predicted):
        rows = min(index, len(mask))
        if rows:
            mask[-rows:] = (mask[-rows:] + 1 + cell.seed % 2) % taxonomy.num_classes
    return np.asarray(predicted, np.uint8)


def count_pairs(
    masks: UInt8[np.ndarray, "n h w"], predicted: UInt8[np.ndarray, "n h w"], num_classes: int
) -> Int64[np.ndarray, "n k k"]:
    """Pairs of truth and prediction, counted image by image."""
    counts = np.zeros((len(masks), num_classes, num_classes), np.int64)
    for one, mask, classes in zip(counts, masks, predicted, strict=True):
        labelled = mask != IGNORE_INDEX
        np.add.at(one, (mask[labelled], classes[labelled]), 1)
    return counts
