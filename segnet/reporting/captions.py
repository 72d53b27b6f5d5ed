"""The words around numbers: how they were made and what they do not show. No torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from segnet.grid import Bench
from segnet.reporting.intervals import MAX_PAIRED, DatasetIntervals
from segnet.reporting.rows import ComparisonRow
from segnet.reporting.significance import remarks_on
from segnet.results.cells import CellResult, Results, outdated_parameters
from segnet.results.records import DataFacts

MAX_NAMED = 8
"""Names in a note; more are counted."""

OVER_SEEDS = " and, where a row has several seeds, over training runs"

SYNTHETIC = "synthetic scenes: not comparable with published numbers"


PROTOCOL = """\
- A network is trained on the train split. Its checkpoint is *selected* by mIoU on the validation
  split; *last* is the last epoch. Each of the two is scored once on the test split, and nothing is
  chosen there.
- Scores come from one int64 confusion matrix over the whole test split, at the native size of the
  labels: the logits, not the labels, are resized. Unlabelled (void) pixels are left out.
- mIoU is the mean of TP / (TP + FP + FN) over classes. A class that is neither in the labels nor
  predicted is NaN, shown as a dash, and left out of the mean; one that is predicted but never true
  scores 0.
- `majority` predicts the most frequent class of the train split everywhere, `prior` the most
  frequent class of each pixel's place. Neither sees an image; a network that does not beat them is
  broken.
- `counts.npz` in each folder of `runs/` holds the confusion counts of every test image, so any
  other score can be computed from here alone. `results.csv` has every run, `curves.csv` every
  epoch."""


ROW_COMMANDS = (
    "With this bench in `params.yaml`, each of these commands makes its row again. A training is "
    "repeated only where something that it reads has changed, or with `--force`."
)


def claim(results: Results) -> str:
    """What was run, in one paragraph."""
    bench = results.bench
    trained = [one for one in results.cells if not one.is_blind]
    done = sum(one.status == "done" for one in trained)
    drawn = [name for name, facts in results.data.items() if facts.synthetic]
    note = f" **{', '.join(drawn)}: {SYNTHETIC}.**" if drawn else ""
    more = bench.more_seeds
    further = (
        f", {_count(more.seeds, 'more seed')} of {', '.join(more.models)} "
        f"with {', '.join(more.losses)}"
        if more.seeds
        else ""
    )
    return (
        f"Bench `{bench.name}`: {_count(bench.models, 'model')} x {_count(bench.losses, 'loss')} x "
        f"{_count(bench.seeds, 'seed')} on {_count(bench.datasets, 'data set')} "
        f"({', '.join(bench.datasets)}){further}; {done} of {len(trained)} cells done. "
        f"Each network was trained with the recipe `{bench.recipe}` for {bench.total_epochs} "
        f"epochs.{note}"
    )


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


def interval_notes(rows: Sequence[ComparisonRow], intervals: DatasetIntervals) -> tuple[str, ...]:
    """What the intervals and the differences mean, or why there are none."""
    if intervals.reason:
        return (f"No intervals: {intervals.reason.removesuffix('.')}.",)
    notes = [
        f"95 %: Student's interval over test images ({intervals.blocks}). It covers "
        f"{intervals.reach}."
    ]
    if intervals.lone_classes:
        noun = "class" if intervals.lone_classes == 1 else "classes"
        notes.append(
            f"Only one block shows {intervals.lone_classes} {noun}: how they score elsewhere is "
            "unknown and not in the interval."
        )
    trained = [row for row in rows if row.seeds and not row.is_blind]
    if any(row.ties is not None for row in trained):
        several = any(len(row.seeds) > 1 for row in trained)
        notes.append(
            f"ties: rows it cannot be told apart from: the interval of the difference over the "
            f"same images{OVER_SEEDS if several else ''} holds 0. The intervals of all "
            f"{len(intervals.gaps)} pairs hold together at 95 %.{remarks_on(intervals.gaps)}"
        )
    elif len(trained) > 1:
        notes.append(
            f"Differences were not tested: there are more than {MAX_PAIRED} rows. "
            "The intervals of single rows do not say which rows differ."
        )
    return tuple(notes)


def notes_on(
    cells: Sequence[CellResult], rows: Sequence[ComparisonRow], bench: Bench, facts: DataFacts
) -> tuple[str, ...]:
    """What would mislead a reader who sees the rows alone."""
    notes = [f"{facts.note[0].upper()}{facts.note[1:].removesuffix('.')}."] if facts.note else []
    if absent := _absent_classes(cells):
        notes.append(
            f"No test pixel is labelled {', '.join(absent)}: such a class counts only where a "
            "model predicts it, and then with an IoU of 0."
        )
    trained = [row for row in rows if row.seeds and not row.is_blind]
    single = [row for row in trained if len(row.seeds) == 1]
    if single:
        which = "every row" if len(single) == len(trained) else _some([row.label for row in single])
        notes.append(
            f"A single run ({which}): a gap between rows may be chance. Compare three seeds."
        )
    if any(len(row.seeds) > 1 for row in trained):
        notes.append("± is the sample standard deviation over seeds, not over test images.")
    floor = max((row.miou.mean for row in rows if row.seeds and row.is_blind), default=0.0)
    below = [row.label for row in trained if row.miou.mean < floor]
    if below:
        notes.append(
            f"Below a predictor that never sees an image ({_some(below)}): trained too little, "
            "or broken."
        )
    if missing := [one for one in cells if one.status != "done"]:
        some = "; ".join(f"{one.cell.slug}: {one.reason}" for one in missing[:MAX_NAMED])
        more = f"; and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else ""
        notes.append(
            f"{len(missing)} of {len(cells)} cells are missing; rows use the others ({some}{more})."
        )
    if len({count for row in rows for count in row.classes_scored}) > 1:
        uneven = [f"{row.label}: {_either(row.classes_scored)}" for row in rows if row.seeds]
        notes.append(f"mIoU averages over different numbers of classes ({_some(uneven)}).")
    fingerprints = {
        record.provenance.data_fingerprint
        for one in cells
        for record in (one.train, one.evaluation)
        if record
    }
    if len(fingerprints) > 1:
        notes.append("The records were made from different versions of the data. Run `dvc repro`.")
    places = {row.measured_at for row in rows if row.measured_at}
    if places:
        notes.append(
            f"GMACs, ms and MiB: at inference, one image of {' or '.join(sorted(places))}."
        )
    if len({one.train.provenance.device for one in cells if one.train}) > 1:
        notes.append("img/s comes from different machines: do not compare rows by it.")
    changed = sorted({key for one in cells for key in outdated_parameters(one, bench)})
    if changed:
        notes.append(
            f"Some cells were trained with a different {', '.join(changed)}. Run `dvc repro`."
        )
    return tuple(notes)


def _absent_classes(cells: Sequence[CellResult]) -> list[str]:
    """Classes that no test label has: their accuracy is 0/0."""
    for one in cells:
        if found := one.score_of("selected"):
            return [name for name, value in found.scores.accuracy.items() if math.isnan(value)]
    return []


def _some(names: Sequence[str]) -> str:
    """The first names, and how many there are more."""
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"{', '.join(names[:MAX_NAMED])}{more}"


def _either(counts: Sequence[int]) -> str:
    """``11``, ``10 or 11``, or a dash if there is none."""
    return " or ".join(str(count) for count in counts) or "-"


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _label_sizes(facts: DataFacts) -> str:
    """`` 360x480``, `` 100x200 to 300x400``, or nothing where the data were not at hand."""
    sizes = dict.fromkeys(_size(size) for size in facts.mask_sizes)
    return f" {' to '.join(sizes)}" if sizes else ""


def _count(names: Sequence[object], noun: str) -> str:
    plural = {"loss": "losses"}.get(noun, f"{noun}s")
    return f"{len(names)} {noun if len(names) == 1 else plural}"
