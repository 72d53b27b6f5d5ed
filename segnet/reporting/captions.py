"""The words around numbers: how they were made and what they do not show. No torch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from segnet.reporting.intervals import MAX_PAIRED, DatasetIntervals
from segnet.reporting.rows import ComparisonRow
from segnet.reporting.significance import remarks_on
from segnet.reporting.table import Note
from segnet.results.cells import CellResult, Results
from segnet.results.records import DataFacts

MAX_NAMED = 8
"""Names in a note; more are counted."""

OVER_SEEDS = " and, where a row has several seeds, over training runs"

INTERVAL = ("miou_interval_low",)
"""The column that notes on intervals are about."""

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


def interval_notes(rows: Sequence[ComparisonRow], intervals: DatasetIntervals) -> tuple[Note, ...]:
    """What the intervals and the differences mean, or why there are none."""
    if intervals.reason:
        return (Note(f"No intervals: {intervals.reason.removesuffix('.')}."),)
    notes = [
        Note(
            f"95 %: Student's interval over test images ({intervals.blocks}). It covers "
            f"{intervals.reach}.",
            brief=f"95 %: over {intervals.reach}.",
            about=INTERVAL,
        )
    ]
    if intervals.lone_classes:
        noun = "class" if intervals.lone_classes == 1 else "classes"
        notes.append(
            Note(
                f"Only one block shows {intervals.lone_classes} {noun}: how they score elsewhere "
                "is unknown and not in the interval.",
                brief=f"95 % does not cover {intervals.lone_classes} {noun} of one block only.",
                about=INTERVAL,
            )
        )
    trained = [row for row in rows if row.seeds and not row.is_blind]
    if any(row.ties is not None for row in trained):
        several, pairs = any(len(row.seeds) > 1 for row in trained), len(intervals.gaps)
        notes.append(
            Note(
                f"ties: rows it cannot be told apart from: the interval of the difference over the "
                f"same images{OVER_SEEDS if several else ''} holds 0. The intervals of all "
                f"{pairs} pairs hold together at 95 %.{remarks_on(intervals.gaps)}",
                brief=f"ties: rows it cannot be told apart from ({pairs} pairs, 95 % together).",
                about=["no_difference_shown"],
            )
        )
    elif len(trained) > 1:
        notes.append(
            Note(
                f"Differences were not tested: there are more than {MAX_PAIRED} rows. "
                "The intervals of single rows do not say which rows differ.",
                brief=f"Differences were not tested: there are more than {MAX_PAIRED} rows.",
            )
        )
    return tuple(notes)


def notes_on(
    cells: Sequence[CellResult], rows: Sequence[ComparisonRow], facts: DataFacts
) -> tuple[Note, ...]:
    """What would mislead a reader who sees the rows alone."""
    said = f"{facts.note[:1].upper()}{facts.note[1:].removesuffix('.')}."
    notes = [Note(said)] if facts.note else []
    if absent := _absent_classes(cells):
        notes.append(
            Note(
                f"No test pixel is labelled {', '.join(absent)}: such a class counts only where a "
                "model predicts it, and then with an IoU of 0.",
                brief=f"No test pixel is labelled {_some(absent, 2)}.",
            )
        )
    trained = [row for row in rows if row.seeds and not row.is_blind]
    single = [row for row in trained if len(row.seeds) == 1]
    if single:
        which = "every row" if len(single) == len(trained) else _some([row.label for row in single])
        notes.append(
            Note(
                f"A single run ({which}): a gap between rows may be chance. Compare three seeds.",
                brief="Rows with one seed: a gap may be chance. Compare three seeds.",
            )
        )
    if any(len(row.seeds) > 1 for row in trained):
        notes.append(
            Note(
                "± is the sample standard deviation over seeds, not over test images.",
                brief="±: sample standard deviation over seeds.",
                about=["miou"],
            )
        )
    floor = max((row.miou.mean for row in rows if row.seeds and row.is_blind), default=0.0)
    below = [row.label for row in trained if row.miou.mean < floor]
    if below:
        notes.append(
            Note(
                f"Below a predictor that never sees an image ({_some(below)}): trained too little, "
                "or broken.",
                brief=f"Below a blind predictor, so broken or hardly trained: {_some(below, 1)}.",
            )
        )
    if missing := [one for one in cells if one.status != "done"]:
        some = "; ".join(f"{one.cell.slug}: {one.reason}" for one in missing[:MAX_NAMED])
        more = f"; and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else ""
        missed = f"{len(missing)} of {len(cells)} cells are missing"
        notes.append(
            Note(
                f"{missed}; rows use the others ({some}{more}).",
                brief=f"{missed}; `segbench doctor` names them, `dvc repro` runs them.",
            )
        )
    if len({count for row in rows for count in row.classes_scored}) > 1:
        uneven = [f"{row.label}: {_either(row.classes_scored)}" for row in rows if row.seeds]
        uneven_note = "mIoU averages over different numbers of classes"
        notes.append(Note(f"{uneven_note} ({_some(uneven)}).", brief=f"{uneven_note}."))
    fingerprints = {
        record.provenance.data_fingerprint
        for one in cells
        for record in (one.train, one.evaluation)
        if record
    }
    if len(fingerprints) > 1:
        notes.append(
            Note("The records were made from different versions of the data. Run `dvc repro`.")
        )
    places = {row.measured_at for row in rows if row.measured_at}
    if places:
        notes.append(
            Note(
                f"GMACs, ms and MiB: at inference, one image of {' or '.join(sorted(places))}.",
                about=["multiply_adds", "latency_ms", "peak_memory_mib"],
            )
        )
    if len({one.train.provenance.device for one in cells if one.train}) > 1:
        notes.append(
            Note(
                "img/s comes from different machines: do not compare rows by it.",
                about=["images_per_second"],
            )
        )
    precisions = {one.train.provenance.precision for one in cells if one.train}
    if len(precisions) > 1:
        some = " or ".join(sorted(precisions))
        notes.append(Note(f"The trainings ran in {some}: part of a gap may be that."))
    changed = sorted({key for one in cells for key in one.outdated})
    if changed:
        notes.append(
            Note(
                f"Some cells were trained with a different {_some(changed)} than params.yaml has "
                "now. Run `dvc repro`."
            )
        )
    return tuple(notes)


def _absent_classes(cells: Sequence[CellResult]) -> list[str]:
    """Classes that no test label has: their accuracy is 0/0."""
    for one in cells:
        if found := one.score_of("selected"):
            return [name for name, value in found.scores.accuracy.items() if math.isnan(value)]
    return []


def _some(names: Sequence[str], most: int = MAX_NAMED) -> str:
    """The first names, and how many there are more."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


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
