"""The words around a comparison: how the numbers were made and what they do not show. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from segnet.config import Bench
from segnet.reporting.seed_summary import ComparisonRow
from segnet.results import CellResult, DataFacts, Results, outdated_parameters

SYNTHETIC = "synthetic scenes, compares with nothing published"


def protocol_line(dataset: str, cells: Sequence[CellResult], results: Results) -> str:
    """One line: the data, the sizes, the networks' width, initial weights and recipe."""
    bench = results.bench
    facts = results.data[dataset]
    evaluations = [found for one in cells if (found := one.score_of("selected"))]
    classes_scored = sorted({one.scores.classes_scored for one in evaluations})
    parts = [
        f"{dataset} ({SYNTHETIC})" if facts.synthetic else dataset,
        _either(sorted({one.num_images for one in evaluations})) + " test images",
        f"trained at {_size(bench.working_size)}",
        f"scored at native label size{_label_sizes(facts)}",
        f"{_either(classes_scored)} classes scored",
        f"width factor {bench.width:g}",
        f"initial encoder weights: {bench.encoder_weights}",
        f"recipe {bench.recipe}, {bench.total_epochs} epochs",
    ]
    return "; ".join(parts)


def notes_on(
    cells: Sequence[CellResult], rows: Sequence[ComparisonRow], bench: Bench
) -> tuple[str, ...]:
    """What would mislead a reader who sees the rows alone."""
    notes = []
    trained = [row for row in rows if row.seeds and not row.is_baseline]
    single = [row for row in trained if len(row.seeds) == 1]
    if single:
        which = "every row" if len(single) == len(trained) else ", ".join(r.label for r in single)
        notes.append(
            f"1 seed only ({which}): a gap between rows may be chance. Compare three seeds."
        )
    if any(len(row.seeds) > 1 for row in trained):
        notes.append("± is the sample standard deviation over seeds, not over test images.")
    floor = max((row.miou.mean for row in rows if row.seeds and row.is_baseline), default=0.0)
    below = [row.label for row in trained if row.miou.mean < floor]
    if below:
        notes.append(
            f"Below a predictor that looks at no image ({', '.join(below)}): trained too little, "
            "or broken."
        )
    missing = [one for one in cells if one.status != "done"]
    if missing:
        notes.append(f"{len(missing)} of {len(cells)} cells are not done; rows use the others.")
    if len({count for row in rows for count in row.classes_scored}) > 1:
        uneven = ", ".join(
            f"{row.label}: {_either(row.classes_scored)}" for row in rows if row.seeds
        )
        notes.append(f"mIoU averages over different numbers of classes ({uneven}).")
    fingerprints = {
        record.provenance.data_fingerprint
        for one in cells
        for record in (one.train, one.evaluation)
        if record
    }
    if len(fingerprints) > 1:
        notes.append("The records were made from different versions of the data. Run `dvc repro`.")
    if len({one.train.provenance.device for one in cells if one.train}) > 1:
        notes.append("img/s was not measured on one machine: rows do not compare by it.")
    changed = sorted({key for one in cells for key in outdated_parameters(one, bench)})
    if changed:
        notes.append(f"Some cells were trained with another {', '.join(changed)}. Run `dvc repro`.")
    return tuple(notes)


def _either(counts: Sequence[int]) -> str:
    """``11``, ``10 or 11``, or a dash if there is none."""
    return " or ".join(str(count) for count in counts) or "-"


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _label_sizes(facts: DataFacts) -> str:
    """`` 360x480``, `` 100x200 to 300x400``, or nothing where the data were not at hand."""
    sizes = dict.fromkeys(_size(size) for size in facts.mask_sizes)
    return f" {' to '.join(sizes)}" if sizes else ""
