"""The geometry of street scenes: a camera, polygons in metres, and shapes made of polygons.

World axes: x to the right of the road's middle, y up, z ahead of the camera and along the road.
A *face* is (4, 3): bottom left, bottom right, top right, top left, as seen from outside.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Extent = tuple[float, float, float, float]  # x0, x1, z0, z1 in metres
Line = tuple[tuple[float, float], tuple[float, float]]

NEAR_PLANE = 1.0  # metres; nothing closer to the camera is drawn


class Label(IntEnum):
    """CamVid's 11 classes in their usual order, and void."""

    SKY = 0
    BUILDING = 1
    POLE = 2
    ROAD = 3
    PAVEMENT = 4
    TREE = 5
    SIGN = 6
    FENCE = 7
    CAR = 8
    PEDESTRIAN = 9
    BICYCLIST = 10
    VOID = 11


class Texture(IntEnum):
    """Which noise a surface carries."""

    PLAIN, GRAIN, STAINS, COURSES, LEAVES = range(5)


class Side(IntEnum):
    """Where a surface points, which sets how much sun it gets; also the order of a box's faces."""

    NEAR, LEFT, RIGHT, FAR, TOP = range(5)


class Camera(NamedTuple):
    """A pinhole camera over the road; lengths in image pixels, or in metres where said."""

    focal: float
    u: float  # of the vanishing point
    v: float
    height: float  # metres
    offset: float  # metres to the right of the road's middle
    roll: float  # radians
    curvature: float  # per metre: the road's middle is at x = curvature * z**2

    def project(self, points: Floats) -> Floats:
        """Image pixels (..., 2) of world points (..., 3)."""
        z = np.maximum(points[..., 2], NEAR_PLANE)  # exact for the long edges, which follow z
        right = self.focal * ((points[..., 0] - self.offset) / z + self.curvature * z)
        down = self.focal * (self.height - points[..., 1]) / z
        pixels = np.empty((*z.shape, 2))
        pixels[..., 0] = self.u + right - self.roll * down
        pixels[..., 1] = self.v + down + self.roll * right
        return pixels

    def sees(self, faces: Floats) -> npt.NDArray[np.bool_]:
        """Whether the outside of each face (n, 4, 3) is seen: its corners turn anticlockwise."""
        corners = self.project(faces)
        (u0, v0), (u1, v1) = (corners[:, 2] - corners[:, 0]).T, (corners[:, 3] - corners[:, 1]).T
        return np.asarray(u0 * v1 - v0 * u1 < 0)


class Patch(NamedTuple):
    """Polygons (n, k, 3) of one colour.

    Without a colour a patch is see-through: it only labels. Without a label it is a detail, and
    keeps the label of what it lies on.
    """

    shape: Floats
    colour: Floats | None
    label: Label | None
    texture: Texture = Texture.PLAIN
    side: Side = Side.NEAR


class Thing(NamedTuple):
    """Patches in painting order, and `depth` to sort things by; the rest makes the shadow."""

    depth: float
    patches: list[Patch]
    footprint: Extent
    height: float


def rectangle(u0: float, u1: float, v0: float, v1: float) -> Floats:
    """One polygon (1, 4, 2)."""
    return np.array([[[u0, v0], [u1, v0], [u1, v1], [u0, v1]]])


def ellipse(u: float, v: float, radius_u: float, radius_v: float, corners: int = 12) -> Floats:
    """One polygon (1, corners, 2) that starts at its top."""
    angle = np.arange(corners) * (2 * np.pi / corners)
    return np.stack([u + radius_u * np.sin(angle), v + radius_v * np.cos(angle)], -1)[None]


def bars(lines: list[Line], thickness: float) -> Floats:
    """Thick lines as polygons (n, 4, 2)."""
    start, end = np.array(lines).transpose(1, 0, 2)
    along = (end - start) * (thickness / 2 / np.linalg.norm(end - start, axis=1, keepdims=True))
    across = along[:, ::-1] * [1, -1]
    return np.stack([start - across, start + across, end + across, end - across], 1)


def ring(outline: Floats, inner: float) -> Floats:
    """The polygons (k, 4, 2) between an outline (1, k, 2) and its copy shrunk to a share."""
    centre = outline.mean(1, keepdims=True)
    hole = centre + (outline - centre) * inner
    corners = [outline, np.roll(outline, 1, 1), np.roll(hole, 1, 1), hole]
    return np.concatenate(corners).transpose(1, 0, 2)


def grid(columns: int, rows: int, width: float, height: float) -> Floats:
    """Rectangles (columns * rows, 4, 2) that fill such shares of the cells of the unit square."""
    cell = rectangle(0.5 - width / 2, 0.5 + width / 2, 0.5 - height / 2, 0.5 + height / 2)
    places = np.indices((columns, rows)).reshape(2, -1).T
    return np.asarray((places[:, None] + cell) / [columns, rows])


def on_face(face: Floats, shape: Floats) -> Floats:
    """World points of a shape (n, k, 2) drawn on the unit square of a face."""
    u, v = shape[..., :1], shape[..., 1:]
    bottom, top = face[0] + u * (face[1] - face[0]), face[3] + u * (face[2] - face[3])
    return np.asarray(bottom + v * (top - bottom))


def upright(shape: Floats, x: float, z: float) -> Floats:
    """World points of a shape (n, k, 2) in metres that stands at (x, z) and looks at the camera."""
    depth = np.full((*shape.shape[:-1], 1), z)
    return np.concatenate([shape[..., :1] + x, shape[..., 1:], depth], -1)


def flat(x0: float, x1: float, z0: float, z1: float) -> Floats:
    """A rectangle (1, 4, 3) on the ground."""
    return np.array([[[x0, 0.0, z0], [x1, 0.0, z0], [x1, 0.0, z1], [x0, 0.0, z1]]])


def box(base: Extent, top: Extent, y0: float, y1: float) -> Floats:
    """The five faces (5, 4, 3) of a box or a frustum, in the order of `Side`."""
    low, high = ([(x, y, z) for z in e[2:] for x in e[:2]] for e, y in ((base, y0), (top, y1)))
    walls = [[low[i], low[j], high[j], high[i]] for i, j in ((0, 1), (2, 0), (1, 3), (3, 2))]
    return np.array([*walls, [high[0], high[1], high[3], high[2]]])


def grow(extent: Extent, dx: float, dz: float) -> Extent:
    """An extent with its edges moved outwards."""
    x0, x1, z0, z1 = extent
    return x0 - dx, x1 + dx, z0 - dz, z1 + dz


def beside(side: int, near: float, far: float) -> tuple[float, float]:
    """The x interval between two distances from the road's middle, left (-1) or right (1) of it."""
    return (near, far) if side > 0 else (-far, -near)
