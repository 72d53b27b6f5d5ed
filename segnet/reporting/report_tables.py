"""The tables of a report that are not scores: what is not done, where it is from. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from segnet.bench.presets import preset_files
from segnet.reporting.column import DASH, Entry
from segnet.reporting.grid import Grid
from segnet.reporting.run_rows import provenance_of
from segnet.results.cells import CellResult, Results


def unfinished_grid(cells: Sequence[CellResult]) -> Grid:
    """The cells that the comparison lacks, and why."""
    unfinished = [one for one in cells if one.status != "done"]
    lines = ((one.cell.slug, one.status, one.reason) for one in unfinished)
    return Grid(("cell", "status", "reason"), tuple(tuple(map(Entry, one)) for one in lines), 3)


def setup_commands(results: Results) -> list[str]:
    """How to run the bench again, from the commit that it was run from if that is one."""
    commits = {
        source.commit.removesuffix("+dirty")
        for one in results.cells
        if (source := provenance_of(one)) and source.commit != "unknown"
    }
    checkout = [f"git checkout {commit}" for commit in commits] if len(commits) == 1 else []
    name = results.bench.name
    if name in preset_files():
        return [*checkout, f"segbench preset {name} && dvc repro"]
    return [*checkout, "segbench run  # with the block `bench` of bench.json in params.yaml"]


def reproduce_grid(results: Results) -> Grid:
    """The command that makes each number of the comparison, for the bench of ``params.yaml``."""
    commands: dict[tuple[str, str, str], list[str]] = {}
    for one in results.cells:
        cell = one.cell
        commands.setdefault((cell.dataset, cell.model, cell.loss), []).append(_stage(one, results))
    lines = [
        (dataset, model, DASH if loss == "none" else loss, f"dvc repro {' '.join(stages)}")
        for (dataset, model, loss), stages in commands.items()
    ]
    headings = ("data", "model", "loss", "command")
    return Grid(headings, tuple(tuple(map(Entry, line)) for line in lines), len(headings))


def _stage(one: CellResult, results: Results) -> str:
    """The stage of ``dvc.yaml`` that scores the cell; DVC runs the training before it."""
    cell = one.cell
    if one.is_blind:
        return f"blind_predictors@{cell.bench}-{cell.dataset}"
    kind = "evaluate" if cell.seed in results.bench.seeds else "evaluate_more_seeds"
    return f"{kind}@{cell.bench}-{cell.dataset}-{cell.model}-{cell.loss}-{cell.seed}"


def provenance_grid(cells: Sequence[CellResult]) -> Grid:
    """A line for each cell that is there: what made its weights, or a blind predictor's scores."""
    headings = (
        *("cell", "commit", "date (UTC)", "device", "precision", "threads", "seed"),
        *("python", "torch", "data"),
    )
    lines = []
    for one in cells:
        source = provenance_of(one)
        if source is None:
            continue
        values = [
            one.cell.slug,
            _short_commit(source.commit),
            source.date[:16].replace("T", " "),
            source.device,
            source.precision,
            str(source.threads),
            DASH if one.is_blind else str(one.cell.seed),
            source.python,
            source.versions.get("torch", DASH),
            source.data_fingerprint[:12],
        ]
        lines.append(tuple(map(Entry, values)))
    return Grid(headings, tuple(lines), len(headings))


def _short_commit(commit: str) -> str:
    """Eight digits, and ``+dirty`` where the code was not the commit's."""
    plain = commit.removesuffix("+dirty")
    return plain[:8] + commit[len(plain) :]
