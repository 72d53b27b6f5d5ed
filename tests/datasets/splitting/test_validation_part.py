from __future__ import annotations

import pytest

from segnet.datasets.splitting.validation_part import hold_out, require_disjoint
from segnet.errors import UserError


def test_held_out_names_are_evenly_spaced_in_ascending_order() -> None:
    names = ["g", "a", "c", "b", "d", "f", "e"]  # 7 names, 3 held out: numbers 0, 2 and 4
    assert hold_out(names, 3, option="x") == ["a", "c", "e"]
    assert hold_out(names, 1, option="x") == ["a"]
    assert hold_out(names, 6, option="x") == ["a", "b", "c", "d", "e", "f"]
    assert hold_out(names[::-1], 3, option="x") == hold_out(names, 3, option="x")


@pytest.mark.parametrize("count", [0, 7, 8])
def test_holding_out_none_or_all_is_an_error(count: int) -> None:
    with pytest.raises(UserError, match=rf"'datasets\.x\.held_out' is {count}, .* Choose 1\.\.6"):
        hold_out("abcdefg", count, option="datasets.x.held_out")


def test_lists_that_share_names_are_an_error_with_the_names() -> None:
    require_disjoint({"train.txt": ["a", "b"], "val.txt": ["c"], "test.txt": []})
    with pytest.raises(UserError, match=r"train\.txt and test\.txt share a, b\. An image"):
        require_disjoint({"train.txt": ["b", "a"], "val.txt": ["c"], "test.txt": ["a", "d", "b"]})
    many = [f"{number:02d}" for number in range(25)]
    with pytest.raises(UserError, match=r"share 00, 01, .*, 09 and 15 more\."):
        require_disjoint({"one": many, "other": many})
