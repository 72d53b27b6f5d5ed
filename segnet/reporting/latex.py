"""A comparison as LaTeX, to be pasted into a paper that loads booktabs. No torch."""

from __future__ import annotations

from collections.abc import Sequence

from segnet.reporting.column import DASH, Entry
from segnet.reporting.comparison import Comparison
from segnet.reporting.grid import Grid
from segnet.reporting.sections import Choice, titled_grids

ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # at the start of a line it would be an option of the \\ before it
    "*": "{*}",  # as would this
    "±": r"$\pm$",
}


def escape_latex(text: str) -> str:
    """The text as LaTeX prints it, in one line."""
    line = " ".join(text.split())
    return "".join(ESCAPES.get(character, character) for character in line)


def comparison_latex(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """A booktabs ``tabular`` for each table, the best bold; titles and notes are LaTeX comments."""
    parts = [r"% needs \usepackage{booktabs}"]
    for one in comparisons:
        parts += ["", _comment(one.title)]
        for table in titled_grids(one, choice):
            parts += ["", *map(_comment, (table.title, *table.notes))]
            if table.grid.headings:
                parts.append(tabular(table.grid))
    return "\n".join(parts) + "\n"


def tabular(grid: Grid) -> str:
    """A ``tabular``: words flush left, numbers flush right."""
    numbers = len(grid.headings) - grid.num_text_columns
    rows = [_row([_cell(entry) for entry in line]) for line in grid.lines]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{'l' * grid.num_text_columns}{'r' * numbers}}}",
            r"\toprule",
            _row([escape_latex(heading) for heading in grid.headings]),
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _row(cells: Sequence[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _cell(entry: Entry) -> str:
    text = "--" if entry.text == DASH else escape_latex(entry.text)
    return rf"\textbf{{{text}}}" if entry.is_best else text


def _comment(text: str) -> str:
    return f"% {' '.join(text.split())}"
