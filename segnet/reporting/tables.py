"""A comparison as a terminal table, as Markdown and as plain rows for JSON. No torch."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from segnet.reporting.comparison import Comparison
from segnet.reporting.seed_summary import ComparisonRow, Spread

DASH = "-"


class Entry(NamedTuple):
    """The text of one table cell."""

    text: str
    is_best: bool = False


@dataclass(frozen=True)
class Column:
    """A column: its heading, its text, and the score whose greatest value is set bold, if any."""

    heading: str
    text: Callable[[ComparisonRow], str]
    quantity: Callable[[ComparisonRow], float] | None = None


def percent(fraction: float, *, digits: int = 1) -> str:
    """``61.2`` for 0.612; a dash for NaN."""
    return DASH if math.isnan(fraction) else f"{100 * fraction:.{digits}f}"


def mean_and_sd(score: Spread) -> str:
    """``61.23 ± 0.45`` in percent; the spread is left out where there is none."""
    mean = percent(score.mean, digits=2)
    return mean if math.isnan(score.sd) else f"{mean} ± {percent(score.sd, digits=2)}"


COLUMNS = (
    Column("model", lambda row: row.model),
    Column("loss", lambda row: DASH if row.is_baseline else row.loss),
    Column("seeds", lambda row: _seeds(row)),
    Column("mIoU %", lambda row: mean_and_sd(row.miou), lambda row: row.miou.mean),
    Column("last", lambda row: percent(row.last_miou, digits=2), lambda row: row.last_miou),
    Column("G", lambda row: percent(row.pixel_accuracy), lambda row: row.pixel_accuracy),
    Column("C", lambda row: percent(row.class_accuracy), lambda row: row.class_accuracy),
    Column("fwIoU", lambda row: percent(row.fwiou), lambda row: row.fwiou),
    Column("params", lambda row: _millions(row.parameters)),
    Column("img/s", lambda row: _rate(row.images_per_second)),
)

LEGEND = (
    "mIoU, G, C, fwIoU: test scores in percent of the checkpoint selected on validation, mean over "
    "seeds. last: mIoU of the last epoch. G: pixel accuracy. C: mean class accuracy. fwIoU: IoU "
    "weighted by class frequency. img/s: training images a second. majority, prior: predictors "
    "that look at no image."
)


def comparison_table(comparison: Comparison) -> Table:
    """The table for a terminal of 100 columns, with title, protocol and notes."""
    table = _empty_table([comparison.title, comparison.protocol], [LEGEND, *comparison.notes])
    for column in COLUMNS:
        is_text = column.heading in ("model", "loss")
        table.add_column(
            column.heading,
            justify="left" if is_text else "right",
            no_wrap=not is_text,
            overflow="fold",
        )
    for entries in comparison_entries(comparison):
        table.add_row(*(_styled(entry) for entry in entries))
    return table


def comparison_markdown(comparison: Comparison) -> str:
    """The same table as Markdown, without title and notes; the best of a column is bold."""
    headings = [column.heading for column in COLUMNS]
    return markdown_table(headings, comparison_entries(comparison), num_text_columns=2)


def comparison_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """The same rows as plain data for JSON: fractions of one, None for NaN."""
    return [_plain(dataclasses.asdict(row)) for row in comparison.rows]


def per_class_table(comparison: Comparison) -> Table:
    """IoU of each class (rows) of each model and loss (columns) for the terminal."""
    table = _empty_table([comparison.title, "IoU % of each class, mean over seeds"], [])
    table.add_column("class", no_wrap=True)
    for row in _scored(comparison):
        table.add_column(escape(row.label.replace(" / ", "\n")), justify="right", overflow="fold")
    for entries in per_class_entries(comparison):
        table.add_row(*(_styled(entry) for entry in entries))
    return table


def per_class_markdown(comparison: Comparison) -> str:
    """IoU of each class (rows) of each model and loss (columns) as Markdown."""
    headings = ["class", *(row.label for row in _scored(comparison))]
    return markdown_table(headings, per_class_entries(comparison), num_text_columns=1)


def comparison_entries(comparison: Comparison) -> list[list[Entry]]:
    """The texts of the comparison table, row by row, the best of each column marked."""
    columns = [_entries(comparison.rows, column) for column in COLUMNS]
    return [list(row) for row in zip(*columns, strict=True)]


def per_class_entries(comparison: Comparison) -> list[list[Entry]]:
    """The texts of the per-class table: the class, then its IoU in every row that is scored."""
    rows = _scored(comparison)
    lines = []
    for name in comparison.classes:
        values = [row.iou[name].mean if name in row.iou else math.nan for row in rows]
        lines.append([Entry(name), *_mark_best([percent(value) for value in values], values)])
    return lines


def markdown_table(
    headings: Sequence[str], lines: Iterable[Sequence[Entry]], *, num_text_columns: int
) -> str:
    """A Markdown table; columns after the first ``num_text_columns`` are set flush right."""
    rules = ["---" if at < num_text_columns else "---:" for at in range(len(headings))]
    texts = [
        [f"**{entry.text}**" if entry.is_best else entry.text for entry in line] for line in lines
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in ([*headings], rules, *texts))


def _entries(rows: Sequence[ComparisonRow], column: Column) -> list[Entry]:
    texts = [column.text(row) for row in rows]
    if column.quantity is None:
        return [Entry(text) for text in texts]
    return _mark_best(texts, [column.quantity(row) for row in rows])


def _mark_best(texts: Sequence[str], values: Sequence[float]) -> list[Entry]:
    """Mark the greatest value and those that read the same; none where fewer than two compete."""
    defined = [value for value in values if not math.isnan(value)]
    if len(defined) < 2:
        return [Entry(text) for text in texts]
    best = texts[values.index(max(defined))].split(" ")[0]
    return [Entry(text, text.split(" ")[0] == best) for text in texts]


def _scored(comparison: Comparison) -> list[ComparisonRow]:
    """The rows that have a score, best first; not `majority`, which gets no class but one."""
    return [row for row in comparison.rows if row.seeds and row.model != "majority"]


def _seeds(row: ComparisonRow) -> str:
    """How many seeds are done, and of how many if some are not."""
    if row.is_baseline:
        return DASH if row.seeds else "missing"
    done = len(row.seeds)
    return str(done) if done == row.planned_seeds else f"{done} of {row.planned_seeds}"


def _millions(parameters: float) -> str:
    return DASH if math.isnan(parameters) else f"{parameters / 1e6:.2f} M"


def _rate(images_per_second: float) -> str:
    return DASH if math.isnan(images_per_second) else f"{images_per_second:.1f}"


def _styled(entry: Entry) -> Text:
    return Text(entry.text, style="bold" if entry.is_best else "")


def _plain(value: Any) -> Any:
    """The same data with lists for tuples and None for NaN."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _empty_table(title: Sequence[str], caption: Sequence[str]) -> Table:
    return Table(
        title=escape("\n".join(title)),
        caption=escape("\n".join(caption)),
        title_justify="left",
        caption_justify="left",
        title_style="",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
