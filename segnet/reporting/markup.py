"""Tables and comparisons as Markdown and as LaTeX. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from segnet.reporting.comparison import Comparison
from segnet.reporting.comparison_tables import Choice, comparison_tables
from segnet.reporting.table import DASH, Entry, Table

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


def markdown_table(table: Table) -> str:
    """A Markdown table; words flush left, numbers flush right, the best of a column bold."""
    words = table.num_text_columns
    rules = ["---" if at < words else "---:" for at in range(len(table.headings))]
    texts = [
        [
            f"**{markdown_text(entry.text)}**" if entry.is_best else markdown_text(entry.text)
            for entry in line
        ]
        for line in table.lines
    ]
    names = [markdown_text(heading) for heading in table.headings]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (names, rules, *texts))


def markdown_list(items: Iterable[str]) -> str:
    """A Markdown list."""
    return "\n".join(f"- {_inert(item)}" for item in items)


def markdown_below(tables: Iterable[Table]) -> list[str]:
    """Tables with their titles and notes, as paragraphs below a heading of level 2."""
    parts = []
    for table in tables:
        parts.append(f"### {table.title}")
        if table.headings:
            parts += [markdown_table(table), *map(_inert, table.notes)]
    return parts


def comparison_markdown(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """A section for each comparison."""
    parts = []
    for one in comparisons:
        main, *others = comparison_tables(one, choice)
        parts += [f"## {markdown_text(one.title)}", f"{main.title}.", markdown_table(main)]
        parts += [markdown_list(main.notes), *markdown_below(others)]
    return "\n\n".join(parts) + "\n"


def markdown_text(text: str) -> str:
    """Words, such as a user's class names, in one line and without any meaning as Markdown."""
    line = _inert(" ".join(text.split()))
    line = re.sub(r"[`|\]]", r"\\\g<0>", line)
    for sign in "*~$":
        if line.count(sign) > 1:  # one alone means nothing
            line = line.replace(sign, f"\\{sign}")
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", line)  # within a word it means nothing


def _inert(text: str) -> str:
    """Markdown of ours in which names begin no tag and no link."""
    return re.sub(r"<(?=[A-Za-z/!?])|\\(?!\w)|\[", r"\\\g<0>", text)


def comparison_latex(comparisons: Sequence[Comparison], choice: Choice) -> str:
    """A booktabs ``tabular`` for each table, the best bold; titles and notes are LaTeX comments."""
    parts = [r"% needs \usepackage{booktabs}"]
    for one in comparisons:
        parts += ["", _comment(one.title)]
        for table in comparison_tables(one, choice):
            parts += ["", *map(_comment, (table.title, *table.notes))]
            if table.headings:
                parts.append(_tabular(table))
    return "\n".join(parts) + "\n"


def escape_latex(text: str) -> str:
    """The text as LaTeX prints it, in one line."""
    line = " ".join(text.split())
    return "".join(ESCAPES.get(character, character) for character in line)


def _tabular(table: Table) -> str:
    """A ``tabular``: words flush left, numbers flush right."""
    numbers = len(table.headings) - table.num_text_columns
    rows = [_row([_latex_cell(entry) for entry in line]) for line in table.lines]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{'l' * table.num_text_columns}{'r' * numbers}}}",
            r"\toprule",
            _row([escape_latex(heading) for heading in table.headings]),
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _row(cells: Sequence[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _latex_cell(entry: Entry) -> str:
    text = "--" if entry.text == DASH else escape_latex(entry.text)
    return rf"\textbf{{{text}}}" if entry.is_best else text


def _comment(text: str) -> str:
    return f"% {' '.join(text.split())}"
