"""The page of `segbench browse`, used as a person would, in Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_rows import CLASSES, NAMES, SIZE, fake_masks, fake_predicted, fake_rows, fake_truth
from playwright.sync_api import Browser, Page, sync_playwright

from segnet.browsing.page import browse_page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TRUTH, A, B = fake_masks(), fake_predicted(2), fake_predicted(3)
CHOSEN = (204, 42, 163)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed (`apt-get install chromium`)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "browse.html"
    path.write_text(browse_page("fake", fake_truth(), fake_rows()))
    return path.as_uri()


def open_page(browser: Browser, address: str, scheme: str = "light", width: int = 1280) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]
        offline=True,
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    return page


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    opened = open_page(browser, address)
    yield opened
    opened.context.close()


def shown(page: Page) -> list[str]:
    return page.locator("#cards article header b").all_text_contents()


def iou(predicted: np.ndarray, index: int, label: int) -> float:
    """IoU of a class in an image, void of the truth left out; NaN if it is in neither."""
    truth, found = TRUTH[index], predicted[index]
    hits = ((truth == label) & (found == label)).sum()
    union = (((truth == label) | (found == label)) & (truth < 3)).sum()
    return float(hits / union) if union else float("nan")


def miou(predicted: np.ndarray, index: int) -> float:
    return float(np.nanmean([iou(predicted, index, label) for label in range(3)]))


def in_order(keys: list[float], *, falling: bool = False) -> list[str]:
    """Names by rising or falling key, those without a key last."""
    known = sorted(
        (at for at, key in enumerate(keys) if not np.isnan(key)),
        key=lambda at: -keys[at] if falling else keys[at],
    )
    return [NAMES[at] for at in [*known, *(at for at, key in enumerate(keys) if np.isnan(key))]]


def canvas_pixels(page: Page, name: str, kind: str) -> np.ndarray:
    """What a picture of an image shows, exactly."""
    canvas = page.locator("#cards article", has_text=name).locator(f"canvas[data-kind={kind}]")
    canvas.scroll_into_view_if_needed()
    script = (
        """one => Array.from(one.getContext("2d").getImageData(0, 0, one.width, one.height).data)"""
    )
    return np.array(canvas.evaluate(script)).reshape(*SIZE, 4)[..., :3]


def test_images_are_sorted_by_miou_worst_first_and_the_other_way(page: Page) -> None:
    scores = [miou(A, index) for index in range(6)]
    assert len(set(scores)) == 6
    assert shown(page) == in_order(scores)
    page.get_by_role("button", name="worst first").click()
    assert shown(page) == in_order(scores, falling=True)
    page.select_option("#sort", label="mIoU of B")
    assert shown(page) == in_order([miou(B, index) for index in range(6)], falling=True)


def test_images_are_sorted_by_the_difference_of_two_rows(page: Page) -> None:
    page.select_option("#sort", "difference")
    differences = [miou(A, index) - miou(B, index) for index in range(6)]
    assert shown(page) == in_order(differences)
    page.get_by_role("button", name="swap").click()
    assert shown(page) == in_order([-one for one in differences])


def test_images_are_sorted_by_one_class_those_without_it_last(page: Page) -> None:
    trees = [iou(A, index, 2) for index in range(6)]
    assert np.isnan(trees[1])
    page.select_option("#sort", label="IoU of <tree> in A")
    assert shown(page) == in_order(trees)
    page.keyboard.press("o")
    assert shown(page) == in_order(trees, falling=True)
    without = [name for name, one in zip(NAMES, trees, strict=True) if np.isnan(one)]
    assert shown(page)[-len(without) :] == without


def test_filter_keeps_the_images_whose_truth_has_the_class(page: Page) -> None:
    page.select_option("#filter", label="images with <tree>")
    kept = [name for name, mask in zip(NAMES, TRUTH, strict=True) if (mask == 2).any()]
    assert sorted(shown(page)) == kept
    assert len(kept) == 4
    assert page.locator("#count").text_content() == "4 of 6 images"
    page.select_option("#filter", label="all images")
    assert len(shown(page)) == 6


def test_scores_are_those_of_the_counts(page: Page) -> None:
    card = page.locator("#cards article", has_text="frame3")
    expected = f"A {100 * miou(A, 3):.1f} · B {100 * miou(B, 3):.1f}"
    assert expected in (card.locator(".scores").text_content() or "")
    both = [
        np.mean(
            [
                ((k == TRUTH) & (row == k)).sum()
                / (((k == TRUTH) | (row == k)) & (TRUTH < 3)).sum()
                for k in range(3)
            ]
        )
        for row in (A, B)
    ]
    summary = page.locator("#summary").text_content() or ""
    assert (
        f"A unet/ce s0: mIoU {100 * both[0]:.1f}; B fcn8s/ce s0: mIoU {100 * both[1]:.1f}"
        in summary
    )


def test_click_on_a_cell_shows_where_it_happens(page: Page) -> None:
    page.click("#matrix button[data-truth='0'][data-predicted='1']")
    where = (TRUTH == 0) & (A == 1)
    counts = where.sum((1, 2)).tolist()
    order = sorted(range(6), key=lambda index: -counts[index])
    assert shown(page) == [NAMES[index] for index in order if counts[index]]
    assert 0 < len(shown(page)) < 7
    for name in shown(page):
        marked = (canvas_pixels(page, name, "errors") == CHOSEN).all(-1)
        np.testing.assert_array_equal(marked, where[NAMES.index(name)])
    page.get_by_role("button", name="road taken for sky by A").click()
    assert shown(page) == in_order([miou(A, index) for index in range(6)])


def test_cell_of_the_other_row_shows_its_confusions(page: Page) -> None:
    page.select_option("#of", label="B")
    button = page.locator("#matrix button[data-truth='1'][data-predicted='2']")
    where = (TRUTH == 1) & (B == 2)
    assert button.text_content() == str(round(100 * where.sum() / (TRUTH == 1).sum()))
    button.click()
    assert sorted(shown(page)) == [
        name for name, one in zip(NAMES, where, strict=True) if one.any()
    ]
    page.keyboard.press("Escape")
    assert len(shown(page)) == 6


def test_pictures_have_the_colours_of_the_labels(page: Page) -> None:
    for kind, maps in (("truth", TRUTH), ("a", A), ("b", B)):
        for index in (0, 5):
            drawn = canvas_pixels(page, NAMES[index], kind)
            np.testing.assert_array_equal(drawn, CLASSES.colorize(maps[index]))


def test_error_map_tells_who_is_wrong(page: Page) -> None:
    drawn = canvas_pixels(page, NAMES[2], "errors")
    colors = {(False, False): (225, 225, 225), (True, False): (213, 94, 0)}
    colors |= {(False, True): (0, 114, 178), (True, True): (20, 20, 20)}
    seen = set()
    for place in np.ndindex(SIZE):
        truth = TRUTH[2][place]
        if truth < 3:
            wrong = bool(A[2][place] != truth), bool(B[2][place] != truth)
            assert tuple(drawn[place]) == colors[wrong]
            seen.add(wrong)
    assert seen == set(colors)


def test_keyboard_alone_is_enough(page: Page) -> None:
    first, second, third, *_ = shown(page)
    focused = "document.activeElement.querySelector('b').textContent"
    for expected in (first, second):
        page.keyboard.press("j")
        assert page.evaluate(focused) == expected
    page.keyboard.press("Enter")
    assert page.locator("dialog").is_visible()
    assert page.locator("dialog header b").text_content() == second
    page.keyboard.press("ArrowRight")
    assert page.locator("dialog header b").text_content() == third
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    page.wait_for_function(f"{focused} === '{third}'")
    page.locator("#matrix button[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    pressed = page.locator("#matrix button[aria-pressed=true]")
    assert (pressed.get_attribute("data-truth"), pressed.get_attribute("data-predicted")) == (
        "1",
        "2",
    )


@pytest.mark.parametrize("width", [400, 1280])
def test_page_fits_its_window_in_light_and_dark(browser: Browser, address: str, width: int) -> None:
    backgrounds = set()
    for scheme in ("light", "dark"):
        page = open_page(browser, address, scheme, width)
        page.locator("#confusion").evaluate("one => { one.open = true; }")
        page.select_option("#sort", "difference")
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
        backgrounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.context.close()
    assert len(backgrounds) == 2


def test_page_asks_for_nothing_but_itself(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    context.close()
    assert [one for one in asked if not one.startswith("data:")] == [address]
    html = Path(address.removeprefix("file://")).read_text()
    assert "http://" not in html
    assert "https://" not in html
