"""Networks as ONNX files: written, and run by ONNX Runtime. Needs the extra ``onnx``."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import torch
from jaxtyping import Float
from torch import Tensor, nn

from segnet.errors import UserError
from segnet.taxonomy import Taxonomy

EXAMPLE = (2, 3, 75, 109)
"""Any shape would do: batch, height and width are free in the file."""
PREFIX = "segbench."
"""Of the keys of the metadata."""


def export_onnx(network: nn.Module, path: Path, metadata: Mapping[str, str]) -> None:
    """Write a network in evaluation mode: images in [0, 1] in, logits out, of any size.

    Args:
        network: float32, on the CPU.
        path: of the file; weights are inside.
        metadata: stored under keys with a prefix.

    Raises:
        UserError: if the packages of the extra are not installed.
    """
    require_onnx()
    free = torch.export.Dim.DYNAMIC
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own exporter, about itself
        program = torch.onnx.export(
            network.eval(),
            (torch.zeros(EXAMPLE),),
            dynamo=True,
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes=({0: free, 2: free, 3: free},),
            verbose=False,
        )
    assert program is not None
    for key, value in metadata.items():
        program.model.metadata_props[PREFIX + key] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    program.save(path)


def describe(taxonomy: Taxonomy, *, working_size: tuple[int, int], **facts: str) -> dict[str, str]:
    """The metadata that :class:`OnnxNetwork` reads, and further facts."""
    return {
        "classes": json.dumps(taxonomy.names),
        "colors": json.dumps(taxonomy.colors),
        "working_size": json.dumps(working_size),
        **facts,
    }


class OnnxNetwork:
    """A network of a file that :func:`export_onnx` wrote, run on the CPU in float32.

    Args:
        path: of the file.

    Raises:
        UserError: if the packages of the extra are not installed, or the file is none of ours.
    """

    def __init__(self, path: Path) -> None:
        runtime = require_onnx()
        if not path.exists():
            raise UserError(f"{path} does not exist. `segbench export MODEL` writes such a file.")
        try:
            self._session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
            found = self._session.get_modelmeta().custom_metadata_map
            self.facts: dict[str, str] = {
                key.removeprefix(PREFIX): value for key, value in found.items()
            }
            names, colors, size = (
                json.loads(self.facts[key]) for key in ("classes", "colors", "working_size")
            )
        except KeyError as error:
            raise UserError(
                f"{path} has no {error.args[0]} in its metadata. Write it by `segbench export`."
            ) from None
        except runtime.capi.onnxruntime_pybind11_state.InvalidProtobuf as error:
            raise UserError(f"{path} is not an ONNX file ({error}). Export it again.") from None
        self.taxonomy = Taxonomy(
            names=tuple(names), colors=tuple((red, green, blue) for red, green, blue in colors)
        )
        self.working_size: tuple[int, int] = (size[0], size[1])

    def predict(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b classes h w"]:
        """Logits of images in [0, 1]."""
        (logits,) = self._session.run(["logits"], {"images": images.cpu().numpy()})
        return torch.from_numpy(logits)


def require_onnx() -> ModuleType:
    """ONNX Runtime.

    Raises:
        UserError: if it, or what the exporter needs, is not installed.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"{error.name} is not installed. Run `pip install 'segnet[onnx]'`."
        ) from None
    return onnxruntime  # type: ignore[no-any-return]
