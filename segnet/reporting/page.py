"""The text of ``reports/<bench>/index.md``. Every number in it comes from a record. No torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from segnet.reporting.captions import SYNTHETIC
from segnet.reporting.comparison import Comparison
from segnet.reporting.pictures import Picture, Pictures
from segnet.reporting.report_tables import (
    provenance_grid,
    reproduce_grid,
    setup_commands,
    unfinished_grid,
)
from segnet.reporting.sections import Choice, titled_grids
from segnet.reporting.tables import markdown_grid
from segnet.results.cells import Results
from segnet.results.records import DataFacts

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
  frequent class of each pixel's place. Neither looks at an image; a network that does not beat them
  is broken.
- `counts.npz` in each folder of `runs/` holds the confusion counts of every test image, so any
  other score can be computed from here alone. `results.csv` has every run, `curves.csv` every
  epoch."""


ROW_COMMANDS = (
    "after these commands, or with this bench in `params.yaml`, each row is made again by its own; "
    "training is repeated only where something that it reads has changed, or with `--force`."
)


def page_text(
    results: Results, comparisons: Sequence[Comparison], pictures: Mapping[str, Pictures]
) -> str:
    """The whole page.

    Args:
        results: the cells of the bench.
        comparisons: one a data set.
        pictures: the figures of each data set.
    """
    bench = results.bench
    parts = [f"# {bench.title}", claim(results)]
    for comparison in comparisons:
        parts += _dataset_section(comparison, pictures[comparison.dataset])
    unfinished = unfinished_grid(results.cells)
    if unfinished.lines:
        parts += ["## Cells that are not done", markdown_grid(unfinished)]
    parts += ["## Protocol", PROTOCOL]
    parts += ["## Reproduce", "\n".join(["```sh", *setup_commands(results), "```"])]
    parts += [f"One row: {ROW_COMMANDS}", markdown_grid(reproduce_grid(results))]
    parts += ["## Data", "\n".join(_source(name, facts) for name, facts in results.data.items())]
    parts += ["## Provenance", markdown_grid(provenance_grid(results.cells))]
    return "\n\n".join(parts) + "\n"


def page_choice(comparison: Comparison) -> Choice:
    """What a page shows of a comparison: the pairs of rows if any were tested."""
    return Choice(significance=bool(comparison.gaps))


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


def _dataset_section(comparison: Comparison, pictures: Pictures) -> list[str]:
    choice = dataclasses.replace(page_choice(comparison), per_class=True)
    main, *others = titled_grids(comparison, choice)
    parts = [
        f"## Results on {comparison.dataset}",
        f"{main.title}.",
        markdown_grid(main.grid),
        "\n".join(f"- {note}" for note in (*main.notes, *pictures.notes)),
    ]
    parts += [
        f"![{one.caption}](figures/{one.file_name})\n\n*{one.caption}*" for one in pictures.shown
    ]
    if pictures.linked:
        parts.append("More: " + ", ".join(_link(one) for one in pictures.linked))
    for one in others:
        parts.append(f"### {one.title}")
        if one.grid.headings:
            parts += [markdown_grid(one.grid), *one.notes]
    return parts


def _source(name: str, facts: DataFacts) -> str:
    return (
        f"- `{name}`: {facts.title}. Source: {facts.source}. Licence: {facts.licence}. "
        f"Citation: {facts.citation}."
    )


def _count(names: Sequence[object], noun: str) -> str:
    plural = {"loss": "losses"}.get(noun, f"{noun}s")
    return f"{len(names)} {noun if len(names) == 1 else plural}"


def _link(picture: Picture) -> str:
    return f"[{picture.caption.removesuffix('.')}](figures/{picture.file_name})"
