from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest
import torch
from fake_splits import fake_split

from segnet.errors import UserError
from segnet.inference.onnx_check import differing_pixels
from segnet.inference.onnx_files import OnnxNetwork, describe, export_onnx
from segnet.models.building import build_model
from segnet.taxonomy import Taxonomy

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")

TAXONOMY = Taxonomy(
    names=("road", "tree", "sky"), colors=((128, 64, 128), (0, 128, 0), (70, 130, 180))
)
MAIN_TABLE = ("segnet_v1", "segnet_v2", "segnet_v3", "unet", "fcn8s")


@pytest.fixture(autouse=True)
def sizes_may_be_symbols() -> Iterator[None]:
    """While a network is exported its sizes are symbols, which annotations call ``int``."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.slow
@pytest.mark.parametrize("name", MAIN_TABLE)
def test_every_network_of_the_main_table_predicts_the_same_in_onnx_runtime(
    name: str, tmp_path: Path
) -> None:
    network = build_model(name, num_classes=3, width=0.125, options={}, seed=0)
    network(torch.rand(4, 3, 64, 96))  # statistics that are not those of a fresh batch norm
    if name == "fcn8s":  # its scores start at zero, and all classes would be equal
        for score in network.get_submodule("scores").children():
            torch.nn.init.normal_(score.weight)  # type: ignore[arg-type]
    path = tmp_path / f"{name}.onnx"
    export_onnx(network, path, describe(TAXONOMY, working_size=(48, 72), commit="abc"))
    exported = OnnxNetwork(path)
    flat = fake_split(num_images=20, size=(48, 72), mask_size=(48, 72))
    # noise: where colours are flat, rounding alone decides where a maximum stands
    noise = torch.randint(256, flat.images.shape, dtype=torch.uint8)
    split = dataclasses.replace(flat, images=noise)
    assert differing_pixels(network, exported, split, count=20) == (0, 20 * 48 * 72)
    for shape in ((3, 3, 33, 47), (1, 3, 90, 64)):
        assert exported.predict(torch.rand(shape)).shape == (shape[0], 3, *shape[2:])
    assert exported.taxonomy == TAXONOMY
    assert exported.working_size == (48, 72)
    assert exported.facts["commit"] == "abc"
    operations = {node.op_type for node in onnx.load(path).graph.node}
    assert not {one for one in operations if one.startswith("Scatter")}


def test_a_file_of_other_origin_is_refused(tmp_path: Path) -> None:
    export_onnx(torch.nn.Conv2d(3, 2, 1), tmp_path / "plain.onnx", {})
    with pytest.raises(UserError, match="has no classes in its metadata"):
        OnnxNetwork(tmp_path / "plain.onnx")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(UserError, match="not an ONNX file"):
        OnnxNetwork(tmp_path / "text.onnx")
    with pytest.raises(UserError, match="does not exist"):
        OnnxNetwork(tmp_path / "gone.onnx")
