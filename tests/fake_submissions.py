"""A small split with predictions for it, and the forms in which frameworks write predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from segnet.submissions.truth import Truth
from segnet.taxonomy import IGNORE_INDEX, Taxonomy

CLASSES = Taxonomy(("road", "sky", "tree"), ((128, 64, 128), (70, 130, 180), (0, 128, 0)))
NAMES = tuple(f"clip_{number:04}" for number in (10, 20, 30, 40, 50))
SIZE = (12, 16)

Masks = Mapping[str, UInt8[np.ndarray, "h w"]]


def fake_truth(split: str = "test") -> Truth:
    """Five frames of one video with all three classes and some void."""
    rng = np.random.default_rng(1)
    masks = rng.integers(0, 3, (len(NAMES), *SIZE)).astype(np.uint8)
    masks[:, 0, :5] = IGNORE_INDEX
    return Truth(
        "fake",
        "Fake frames",
        split,
        CLASSES,
        NAMES,
        ("clip",) * len(NAMES),
        lambda index: masks[index],
        lambda index: CLASSES.colorize(masks[index]),
    )


def fake_predictions() -> dict[str, UInt8[np.ndarray, "h w"]]:
    """The truth with a fifth of the pixels replaced; no void."""
    rng = np.random.default_rng(2)
    truth, masks = fake_truth(), {}
    for index, name in enumerate(NAMES):
        random = rng.integers(0, 3, SIZE).astype(np.uint8)
        kept = (rng.random(SIZE) > 0.2) & (truth.mask(index) != IGNORE_INDEX)
        masks[name] = np.where(kept, truth.mask(index), random)
    return masks


def probabilities_of(mask: UInt8[np.ndarray, "h w"], confidence: float = 0.8) -> np.ndarray:
    """A distribution whose most probable class is the mask's, (classes, H, W)."""
    one_hot = np.moveaxis(np.eye(3, dtype=np.float32)[mask], -1, 0)
    return np.asarray(confidence * one_hot + (1 - confidence) / 2 * (1 - one_hot), np.float32)


def save_index_png(folder: Path, masks: Masks) -> Path:
    return _pictures(folder, masks, lambda mask: Image.fromarray(mask))


def save_palette_png(folder: Path, masks: Masks) -> Path:
    def picture(mask: np.ndarray) -> Image.Image:
        image = Image.fromarray(mask)
        image.putpalette([channel for color in CLASSES.colors for channel in color])
        return image

    return _pictures(folder, masks, picture)


def save_rgb_png(folder: Path, masks: Masks) -> Path:
    return _pictures(folder, masks, lambda mask: Image.fromarray(CLASSES.colorize(mask)))


def save_grey_tiff(folder: Path, masks: Masks) -> Path:
    return _pictures(folder, masks, lambda mask: Image.fromarray(mask), ".tif")


def save_wide_png(folder: Path, masks: Masks) -> Path:
    return _pictures(folder, masks, lambda mask: Image.fromarray(mask.astype(np.uint16)))


def save_npy(folder: Path, masks: Masks) -> Path:
    folder.mkdir()
    for name, mask in masks.items():
        np.save(folder / f"{name}.npy", mask.astype(np.int64))
    return folder


def save_probability_npy(folder: Path, masks: Masks) -> Path:
    folder.mkdir()
    for name, mask in masks.items():
        np.save(folder / f"{name}.npy", probabilities_of(mask))
    return folder


def save_npz_of_masks(folder: Path, masks: Masks) -> Path:
    return _archive(folder, names=list(masks), masks=np.stack(list(masks.values())))


def save_npz_of_probabilities(folder: Path, masks: Masks) -> Path:
    stack = np.stack([probabilities_of(mask) for mask in masks.values()])
    return _archive(folder, names=list(masks), probabilities=stack.astype(np.float16))


def save_npz_by_name(folder: Path, masks: Masks) -> Path:
    return _archive(folder, **masks)


SAVERS: tuple[Callable[[Path, Masks], Path], ...] = (
    save_index_png,
    save_palette_png,
    save_rgb_png,
    save_grey_tiff,
    save_wide_png,
    save_npy,
    save_probability_npy,
    save_npz_of_masks,
    save_npz_of_probabilities,
    save_npz_by_name,
)


def _pictures(
    folder: Path, masks: Masks, picture: Callable[[np.ndarray], Image.Image], suffix: str = ".png"
) -> Path:
    folder.mkdir()
    for name, mask in masks.items():
        picture(mask).save(folder / f"{name}{suffix}")
    return folder


def _archive(folder: Path, **arrays: object) -> Path:
    folder.mkdir()
    path = folder / "predictions.npz"
    np.savez_compressed(path, allow_pickle=False, **arrays)
    return path
