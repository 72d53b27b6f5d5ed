from __future__ import annotations

import base64
import io
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_results import COMMIT, fake_bench, fake_definition, write_fake_bench
from PIL import Image

from segnet.errors import UserError
from segnet.grid import Bench, MoreSeeds
from segnet.paths import cell_report_folder, cell_run_folder, report_folder
from segnet.reporting.report import describe_dataset, rewrite_report, write_report
from segnet.results.cells import load_bench


@pytest.fixture(autouse=True)
def empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def report_on(bench: Bench, **changes: Any) -> str:
    """Write a report on all cells of a fake bench and give its page."""
    prepared = write_fake_bench(bench)
    definitions = {name: fake_definition() for name in bench.datasets}
    write_report(bench, definitions, changes.get("prepared", prepared))
    return (report_folder(bench.name) / "index.md").read_text()


def test_a_report_has_all_its_files_and_compare_can_read_it() -> None:
    bench = fake_bench()
    report_on(bench)
    folder = report_folder("fake")
    assert {path.name for path in folder.iterdir()} == {
        *("index.md", "index.html", "bench.json", "results.csv", "curves.csv", "intervals.json"),
        *("figures", "runs"),
    }
    assert {path.name for path in (folder / "figures").iterdir()} == {
        "classes-streets.png",
        "cost-streets.png",
        "curves-streets.png",
        "heat-streets.png",
        "predictions-streets.png",
        "ranking-streets.png",
        "confusion-streets-fcn8s-ce.png",
        "confusion-streets-segnet_v1-ce.png",
    }
    results = load_bench("fake")
    assert results.bench == bench
    assert results.data["streets"].mask_sizes == ((6, 8), (6, 8))


def test_pictures_inside_the_html_page_have_the_pixels_of_their_files() -> None:
    report_on(fake_bench(seeds=[0]))
    html = (report_folder("fake") / "index.html").read_text()
    inside = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(one))))
        for one in re.findall(r'src="data:image/webp;base64,([^"]+)"', html)
    ]
    files = sorted((report_folder("fake") / "figures").glob("*.png"))
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in files]
    assert len(inside) >= 3  # the test images and two confusions
    assert all(any(np.array_equal(one, other) for other in pictures) for one in inside)


def test_every_link_of_the_page_leads_to_a_figure_and_every_figure_is_linked() -> None:
    page = report_on(fake_bench(datasets=["streets", "camvid"], seeds=[0]))
    linked = set(re.findall(r"\(figures/([^)]+)\)", page))
    drawn = {path.name for path in (report_folder("fake") / "figures").iterdir()}
    assert linked == drawn


def test_the_page_says_what_was_run_and_how_to_run_it_again() -> None:
    page = report_on(fake_bench())
    assert "2 models x 1 loss x 3 seeds on 1 data set (streets); 6 of 6 cells done" in page
    assert "**streets: synthetic scenes: not comparable with published numbers.**" in page
    assert f"git checkout {COMMIT}\nsegbench run  # with the block `bench`" in page
    assert "| streets-fcn8s-ce-s2 | 01234567 | 2026-01-02 03:04 | Fake CPU | float32 | 2 |" in page
    assert "Source: tests/fake_results.py. Licence: none." in page
    assert "Cells that are not done" not in page


def test_the_page_counts_the_seeds_that_only_some_cells_have() -> None:
    more = MoreSeeds(models=("fcn8s",), losses=("ce",), seeds=(1, 2))
    page = report_on(fake_bench(seeds=[0]).model_copy(update={"more_seeds": more}))
    assert "(streets), 2 more seeds of fcn8s with ce; 4 of 4 cells done" in page


def test_a_report_with_missing_cells_says_which_and_why() -> None:
    bench = fake_bench()
    prepared = write_fake_bench(bench)
    shutil.rmtree(cell_report_folder("fake", "streets-fcn8s-ce-s1"))
    shutil.rmtree(cell_report_folder("fake", "streets-prior-none-s0"))
    write_report(bench, {"streets": fake_definition()}, prepared)
    page = (report_folder("fake") / "index.md").read_text()
    assert "5 of 6 cells done" in page
    assert "| streets-fcn8s-ce-s1 | missing | not trained: no reports/fake/runs/" in page
    assert "| streets-prior-none-s0 | missing | not evaluated: no reports/fake/runs/" in page
    assert "| fcn8s | ce | 2 of 3 |" in page


def test_a_report_on_nothing_is_still_a_report() -> None:
    bench = fake_bench(seeds=[0])
    write_report(bench, {"streets": fake_definition()}, {})
    page = (report_folder("fake") / "index.md").read_text()
    assert "0 of 2 cells done" in page
    assert "No trained cell is done" in page
    assert page.count("| missing |") >= 4


def test_predictions_that_are_not_on_this_machine_are_noted() -> None:
    bench = fake_bench()
    prepared = write_fake_bench(bench)
    (cell_run_folder("fake", "streets-fcn8s-ce-s0") / "predictions.npz").unlink()
    write_report(bench, {"streets": fake_definition()}, prepared)
    page = (report_folder("fake") / "index.md").read_text()
    assert "No pictures of fcn8s: runs/fake/streets-fcn8s-ce-s0/predictions.npz is not on" in page
    assert "figures/predictions-streets.png" in page


def test_without_prepared_data_there_are_no_pictures_but_a_note() -> None:
    page = report_on(fake_bench(), prepared={})
    assert "No pictures of predictions: the prepared data are not on this machine." in page
    assert "figures/predictions" not in page
    assert "scored at native label size;" in page


def test_pictures_are_not_drawn_on_another_version_of_the_data() -> None:
    bench = fake_bench()
    prepared = write_fake_bench(bench)
    other = {name: type(one)(one.taxonomy, "0" * 64, one.splits) for name, one in prepared.items()}
    write_report(bench, {"streets": fake_definition()}, other)
    page = (report_folder("fake") / "index.md").read_text()
    assert "the prepared data are another version" in page
    assert "figures/predictions" not in page


def test_figures_of_a_removed_model_are_deleted() -> None:
    prepared = write_fake_bench(fake_bench())
    definitions = {"streets": fake_definition()}
    write_report(fake_bench(), definitions, prepared)
    write_report(fake_bench(models=["segnet_v1"]), definitions, prepared)
    figures = report_folder("fake") / "figures"
    assert not list(figures.glob("*fcn8s*"))
    assert "fcn8s" not in (report_folder("fake") / "index.md").read_text()


def test_a_report_that_fails_leaves_the_old_one() -> None:
    bench = fake_bench()
    prepared = write_fake_bench(bench)
    definitions = {"streets": fake_definition()}
    write_report(bench, definitions, prepared)
    folder = report_folder("fake")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (cell_report_folder("fake", "streets-fcn8s-ce-s0") / "history.csv").unlink()
    del before[cell_report_folder("fake", "streets-fcn8s-ce-s0") / "history.csv"]
    with pytest.raises(UserError, match=r"history\.csv does not exist"):
        write_report(bench, definitions, prepared)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_same_records_give_the_same_bytes() -> None:
    bench = fake_bench(seeds=[0])
    prepared = write_fake_bench(bench)
    folder = report_folder("fake")
    contents = []
    for _ in range(2):
        write_report(bench, {"streets": fake_definition()}, prepared)
        contents.append({path: path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert contents[0] == contents[1]


def test_label_sizes_span_the_smallest_to_the_largest() -> None:
    bench = fake_bench(seeds=[0])
    prepared = write_fake_bench(bench)["streets"]
    prepared.splits["test"].mask_sizes[0] = np.array([4, 7])
    facts = describe_dataset(fake_definition(), prepared)
    assert facts.mask_sizes == ((4, 7), (6, 8))
    assert describe_dataset(fake_definition(), None).mask_sizes == ()


def test_a_report_is_written_again_without_data_and_keeps_its_pictures() -> None:
    before = report_on(fake_bench())
    picture = report_folder("fake") / "figures/predictions-streets.png"
    pixels = picture.read_bytes()
    shutil.rmtree("runs")
    rewrite_report("fake")
    assert (report_folder("fake") / "index.md").read_text() == before
    assert picture.read_bytes() == pixels


def test_pictures_of_other_scores_are_not_kept() -> None:
    report_on(fake_bench())
    (report_folder("fake") / "results.csv").write_text("other scores")
    rewrite_report("fake")
    assert not (report_folder("fake") / "figures/predictions-streets.png").exists()
    page = (report_folder("fake") / "index.md").read_text()
    assert "No pictures of predictions" in page
    assert "native label size 6x8" in page
