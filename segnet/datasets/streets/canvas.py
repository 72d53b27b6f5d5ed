"""How a street scene is painted and photographed: light, haze, textures and the camera's faults.

The canvas holds numbers of colours, and labels, `SCALE` times as fine as the image: light comes
after, so image and mask agree to the pixel.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from segnet.datasets.streets.shapes import Camera, Floats, Label, Patch, Texture, Thing, flat

Bytes = npt.NDArray[np.uint8]
Pixels = npt.NDArray[np.float32]
Size = tuple[int, int]  # rows, columns

SCALE = 3  # odd, so that the middle sample of a pixel's block is the pixel's centre
CLEAR_DEPTH = 8.0  # metres; haze begins here
CLOUD = 0.9  # white, a little grey


class Weather(NamedTuple):
    """How the scene is lit; colours are RGB in 0..1."""

    sun: tuple[float, float]  # where the shadow of something 1 m high ends, as (x, z) in metres
    shadow: float  # the share of light that a shadow takes
    brightness: Floats  # (5,) by `Side`
    zenith: Floats
    horizon: Floats
    haze: float  # per metre
    wetness: float  # the share of the mirror image on the road


class Canvas:
    """A picture that grows from far to near: numbers of colours, labels and shadows."""

    def __init__(self, camera: Camera, weather: Weather, size: Size) -> None:
        rows, columns = (SCALE * length for length in size)
        self.camera = camera
        self.weather = weather
        self.numbers = Image.new("I", (columns, rows))
        self.labels = Image.new("L", (columns, rows), int(Label.SKY))
        self.shadows = Image.new("L", (columns, rows))
        self._number_pen = ImageDraw.Draw(self.numbers)
        self._label_pen = ImageDraw.Draw(self.labels)
        self._shadow_pen = ImageDraw.Draw(self.shadows)
        self.colours = [weather.horizon]  # number 0 is the sky
        self.textures = [Texture.PLAIN]

    def _outlines(self, shape: Floats) -> list[list[float]]:
        """Polygons (n, k, 3) as flat lists of canvas coordinates."""
        pixels = self.camera.project(shape) * SCALE
        outlines: list[list[float]] = pixels.reshape(len(shape), -1).tolist()
        return outlines

    def fill(self, patch: Patch) -> None:
        """Paint a patch and label it."""
        outlines = self._outlines(patch.shape)
        if patch.label is not None:
            for outline in outlines:
                self._label_pen.polygon(outline, fill=int(patch.label))
        if patch.colour is not None:
            for outline in outlines:
                self._number_pen.polygon(outline, fill=len(self.colours))
            depth = patch.shape[0, 0, 2]  # one corner stands for all: haze changes slowly
            clear = math.exp(-self.weather.haze * max(0.0, depth - CLEAR_DEPTH))
            lit = patch.colour * self.weather.brightness[patch.side]
            self.colours.append(clear * lit + (1 - clear) * self.weather.horizon)
            self.textures.append(patch.texture)

    def blur_border(self, thing: Thing) -> None:
        """Void along a thing's outline, one pixel wide; the thing then covers the inner half."""
        for patch in thing.patches:
            if patch.label is not None:
                for outline in self._outlines(patch.shape):
                    self._label_pen.line(outline + outline[:4], fill=int(Label.VOID), width=SCALE)

    def cast_shadow(self, thing: Thing) -> None:
        """The hull of a footprint and of its copy away from the sun."""
        dx, dz = np.multiply(self.weather.sun, thing.height)
        near = flat(*thing.footprint)[0]
        far = near + np.array([dx, 0.0, dz])
        sweeps = [[near[i], near[i + 2], far[i + 2], far[i]] for i in (0, 1)]
        for outline in self._outlines(np.array([near, far, *sweeps])):
            self._shadow_pen.polygon(outline, fill=1)

    def mask(self) -> Bytes:
        """The labels (H, W) at the centres of the image's pixels."""
        return np.asarray(self.labels)[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE].copy()

    def photograph(self, rng: np.random.Generator) -> Bytes:
        """The image (H, W, 3): blur, colour cast, vignette, gamma and sensor noise."""
        light = Image.fromarray((np.clip(self._light(rng), 0, 1) * 255).astype(np.uint8))
        blur = ImageFilter.GaussianBlur(rng.uniform(0, 0.4))
        image = np.asarray(light.reduce(SCALE).filter(blur), np.float32) / 255
        rows, columns = (np.linspace(-1, 1, length) ** 2 for length in image.shape[:2])
        vignette = rng.choice([0, 0, 0.25]) * (rows[:, None] + columns) / 2
        tinted = np.clip(image * rng.normal(1, 0.03, 3) * (1 - vignette[..., None]), 0, 1)
        noise = rng.normal(0, rng.uniform(0.004, 0.015), image.shape)
        exposed = np.clip(tinted ** rng.uniform(0.85, 1.2) + noise, 0, 1)
        return np.asarray((exposed * 255).round().astype(np.uint8))

    def _light(self, rng: np.random.Generator) -> Pixels:
        """What reaches the camera, (SCALE * H, SCALE * W, 3), about 0..1."""
        numbers, labels = np.asarray(self.numbers), np.asarray(self.labels)
        size = (self.numbers.height, self.numbers.width)
        texture = np.array(self.textures, np.uint8)[numbers]
        noise = np.choose(texture, surface_noise(rng, size))
        light = np.array(self.colours, np.float32)[numbers] * (1 + noise[..., None])
        road, sky = labels == Label.ROAD, numbers == 0
        np.copyto(light, self._sky(rng, size), where=sky[..., None])
        shadow = (np.asarray(self.shadows) > 0) & (road | (labels == Label.PAVEMENT))
        light[shadow] *= 1 - self.weather.shadow
        if self.weather.wetness > 0:
            rows = 2 * int(self.camera.v * SCALE) - np.arange(len(light))
            mirror = light[np.clip(rows, 0, len(light) - 1)]
            light[road] += self.weather.wetness * (mirror - light)[road]
        return np.asarray(light)

    def _sky(self, rng: np.random.Generator, size: Size) -> Pixels:
        """From the zenith's colour down to the horizon's, with clouds."""
        zenith, horizon = np.array([self.weather.zenith, self.weather.horizon], np.float32)
        down = np.arange(size[0], dtype=np.float32)[:, None, None] / (self.camera.v * SCALE)
        clear = zenith + np.clip(down, 0, 1) * (horizon - zenith)
        billows = smooth_noise(rng, size, (9, 5)) + smooth_noise(rng, size, (24, 12)) / 2
        clouds = np.clip(billows + np.float32(rng.uniform(-0.8, 0.6)), 0, 0.8)[..., None]
        return np.asarray(clear * (1 - clouds) + CLOUD * clouds)


def smooth_noise(rng: np.random.Generator, size: Size, cells: Size) -> Pixels:
    """Noise of mean 0 and deviation about 1, smooth between so many (rows, columns) of cells."""
    rows, columns = size
    coarse = Image.fromarray(rng.standard_normal(cells, np.float32))
    return np.asarray(coarse.resize((columns, rows), Image.Resampling.BILINEAR))


def surface_noise(rng: np.random.Generator, size: Size) -> list[Pixels]:
    """Relative brightness noise (rows, columns) for each `Texture`."""
    rows, columns = size
    fine = smooth_noise(rng, size, (rows // 2, columns // 2))
    pixel = smooth_noise(rng, size, (rows // 4, columns // 4))
    stains = smooth_noise(rng, size, (9, 9))
    courses = rng.standard_normal(rows // 4 + 1, np.float32).repeat(4)[:rows, None]
    layers = {
        Texture.PLAIN: 0.02 * fine,
        Texture.GRAIN: 0.06 * fine + 0.04 * stains,
        Texture.STAINS: 0.06 * fine + 0.06 * stains,
        Texture.COURSES: 0.06 * np.broadcast_to(courses, size),
        Texture.LEAVES: 0.3 * pixel,
    }
    strength = np.float32(rng.uniform(0.5, 1.5))
    return [layers[texture] * strength for texture in Texture]
