from __future__ import annotations

import html
import re

import pytest
from markdown_it import MarkdownIt

from segnet.reporting.markup import markdown_list, markdown_table, markdown_text
from segnet.reporting.table import Entry, Table

NAMES = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<!-- gone",
    "[here](https://example.org)",
    "![picture](https://example.org/a.png)",
    "a|b",
    "a\\|b",
    "`code`",
    "**bold**",
    "_slanted_",
    "~~struck~~",
    "two\nlines",
    "plain_name",
    "c++",
    "5 < 6 & 7",
)


def shown(page: str) -> str:
    """What a reader sees of HTML."""
    return html.unescape(re.sub("<[^>]*>", "", page))


@pytest.mark.parametrize("name", NAMES)
def test_name_in_a_table_is_shown_as_it_is_and_is_no_markup(name: str) -> None:
    table = Table((name, "IoU"), ((Entry(name), Entry("1", True)),), num_text_columns=1)
    page = MarkdownIt("gfm-like", {"linkify": False}).render(markdown_table(table))
    assert {tag.strip("/") for tag in re.findall(r"<(/?\w+)", page)} == {
        *("table", "thead", "tbody", "tr", "th", "td", "strong")
    }
    cells = re.findall("<t[hd][^>]*>(.*)</t[hd]>", page)
    words = " ".join(name.split())
    assert [shown(cell) for cell in cells] == [words, "IoU", words, "1"]


@pytest.mark.parametrize("name", NAMES[:5])
def test_name_in_a_note_begins_no_tag_and_no_link(name: str) -> None:
    page = MarkdownIt("gfm-like", {"linkify": False}).render(
        markdown_list([f"No pixel is {name}."])
    )
    assert set(re.findall(r"<(\w+)", page)) == {"ul", "li"}


@pytest.mark.parametrize("text", ["segnet_v1", "evaluate*@demo", "< 0.1", "± 0.2", "a-b (c)"])
def test_words_without_meaning_as_markdown_stay_as_they_are(text: str) -> None:
    assert markdown_text(text) == text
