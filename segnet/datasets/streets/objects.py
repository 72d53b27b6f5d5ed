"""What stands in a street: houses, trees, poles, signs and fences, in metres."""

import numpy as np

from segnet.datasets.streets.shapes import (
    Camera,
    Extent,
    Floats,
    Label,
    Line,
    Patch,
    Side,
    Texture,
    Thing,
    bars,
    box,
    ellipse,
    grid,
    grow,
    on_face,
    rectangle,
    upright,
)

Part = tuple[Floats, Floats | None, Label | None]  # a shape in metres, its colour and its label

# RGB in 0..1. Some walls are as grey as the road, or as bright as the sky; some cars are as walls.
WALLS = np.array([[52, 26, 18], [60, 46, 30], [74, 62, 42], [50, 44, 42], [80, 78, 74]]) / 100
LEAVES = np.array([[18, 34, 10], [28, 42, 14], [13, 26, 12], [42, 34, 10]]) / 100
PAINTS = np.array([[64, 6, 6], [8, 16, 50], [84, 84, 86], [6, 6, 8], [40, 44, 50]]) / 100
PAVING = np.array([[68, 64, 58], [60, 50, 44], [55, 55, 58], [76, 74, 70]]) / 100
BOARDS = np.array([[82, 6, 8], [6, 18, 72], [88, 86, 84], [90, 72, 4]]) / 100
FENCES = np.array([[92, 92, 90], [44, 24, 6], [66, 44, 14]]) / 100
SIGNALS = np.array([[90, 10, 10], [90, 60, 10], [10, 80, 40]]) / 100
DARK = np.array([0.05, 0.05, 0.06])

THINNEST = 3.0  # image pixels; a thinner pole would be lost between the samples of the mask


def draw_grey(rng: np.random.Generator, low: float, high: float, tint: float = 0.05) -> Floats:
    """A random RGB colour (3,) of brightness `low` to `high`, `tint` away from grey."""
    return np.clip(rng.uniform(low, high) + rng.normal(0, tint, 3), 0.02, 1)


def draw_colour(rng: np.random.Generator, palette: Floats, spread: float = 0.05) -> Floats:
    """A random RGB colour (3,) near one of a palette (n, 3)."""
    colour: Floats = palette[rng.integers(len(palette))]
    return np.clip(colour + rng.normal(0, spread, 3), 0.02, 1)


def coarseness(z: float) -> float:
    """How much larger details may be drawn at depth z, where they are hardly seen."""
    return max(1.0, z / 25)


def build_solid(
    camera: Camera,
    faces: Floats,
    colour: Floats,
    label: Label,
    texture: Texture = Texture.PLAIN,
) -> list[Patch]:
    """One patch for each face (5, 4, 3) of a box that looks at the camera."""
    visible = camera.sees(faces)
    return [Patch(faces[s, None], colour, label, texture, s) for s in Side if visible[s]]


def build_figure(x: float, z: float, size: tuple[float, float], parts: list[Part]) -> Thing:
    """A flat figure at (x, z) that faces the camera; `size` is its width and height."""
    patches = [Patch(upright(shape, x, z), colour, label) for shape, colour, label in parts]
    width, height = size
    return Thing(z, patches, (x - width / 2, x + width / 2, z - 0.1, z + 0.1), height)


def build_house(rng: np.random.Generator, camera: Camera, extent: Extent) -> Thing:
    """A block of flats, or a house with a pitched roof."""
    height, roof_height = rng.uniform(5, 15), rng.uniform(1.5, 4) * (rng.random() < 0.6)
    roof = box(grow(extent, 0.3, 0.1), grow(extent, -2.0, -0.5), height, height + roof_height)
    tiles, wall = draw_grey(rng, 0.15, 0.5), draw_colour(rng, WALLS)
    texture = Texture(int(rng.integers(Texture.GRAIN, Texture.LEAVES)))
    patches = build_solid(camera, roof, tiles, Label.BUILDING, Texture.COURSES)
    walls = box(extent, extent, 0.0, height)
    for patch in build_solid(camera, walls, wall, Label.BUILDING, texture):
        patches += [patch, *build_openings(rng, patch.shape[0], patch.side)]
    return Thing(extent[3], patches, extent, height)


def build_openings(rng: np.random.Generator, face: Floats, side: Side) -> list[Patch]:
    """Windows in rows, and below them doors, shop fronts and posters: details of a wall."""
    length, height = np.linalg.norm(face[1] - face[0]), face[3, 1]
    columns = max(1, round(length / (rng.uniform(2, 4) * coarseness(face[0, 2]))))
    rows = max(1, round(height / (3.2 * coarseness(face[0, 2]))))
    glass = grid(columns, rows, rng.uniform(0.35, 0.7), rng.uniform(0.4, 0.65))
    frames = glass + (glass - glass.mean(1, keepdims=True)) * 0.25
    panes = draw_grey(rng, 0.08, 0.3) if rng.random() < 0.75 else draw_grey(rng, 0.5, 0.9)
    fronts = grid(columns, 1, rng.uniform(0.5, 0.9), 1.0) * [1, 0.75 / rows]
    details = [(frames, draw_grey(rng, 0.3, 0.9)), (glass, panes)]
    for front in fronts[rng.random(columns) < 0.3]:
        details.append((front[None], draw_grey(rng, 0.1, 0.6, 0.1)))
    return [Patch(on_face(face, shape), colour, None, side=side) for shape, colour in details]


def build_tree(rng: np.random.Generator, x: float, z: float, height: float) -> Thing:
    """A trunk and a crown of overlapping irregular blobs."""
    radius, leaf = height * rng.uniform(0.22, 0.36), draw_colour(rng, LEAVES, 0.03)
    trunk = bars([((0.0, 0.0), (0.0, height * 0.7))], max(0.15, height * 0.035))
    bark = draw_grey(rng, 0.12, 0.35, 0.03)
    patches = [Patch(upright(trunk, x, z), bark, Label.TREE, Texture.GRAIN)]
    for tone in (0.75, 0.9, 1.0, 1.2, 1.35):  # the dark depth of the crown first
        u, v = rng.normal((0, height - 1.2 * radius), 0.45 * radius)
        outline = ellipse(0.0, 0.0, radius, radius, 22) * rng.uniform(0.78, 1.15, (1, 22, 1))
        crown = outline * rng.uniform(0.45, 0.95) + np.array([u, max(v, 0.6 * radius)])
        patches.append(Patch(upright(crown, x, z), leaf * tone, Label.TREE, Texture.LEAVES))
    return Thing(z, patches, (x - radius, x + radius, z - radius, z + radius), height)


def build_hedge(rng: np.random.Generator, camera: Camera, extent: Extent) -> Thing:
    """A box of leaves."""
    height, leaf = rng.uniform(0.8, 2.2), draw_colour(rng, LEAVES, 0.03)
    faces = box(extent, extent, 0.0, height)
    patches = build_solid(camera, faces, leaf, Label.TREE, Texture.LEAVES)
    return Thing(extent[3], patches, extent, height)


def build_bin(rng: np.random.Generator, camera: Camera, x: float, z: float) -> Thing:
    """A rubbish bin or a skip: an object that none of the classes names."""
    extent, height = (x, x + 0.8, z, z + 0.8), rng.uniform(0.8, 2.2)
    faces = box(extent, extent, 0.0, height)
    patches = build_solid(camera, faces, draw_colour(rng, PAINTS), Label.VOID, Texture.STAINS)
    return Thing(extent[3], patches, extent, height)


def build_fence(rng: np.random.Generator, x0: float, x1: float, z0: float, z1: float) -> Thing:
    """A railing to look through, or boards, from the ground point (x0, z0) to (x1, z1)."""
    height = rng.uniform(1.4, 2.1)
    face = np.array([[x0, 0, z0], [x1, 0, z1], [x1, height, z1], [x0, height, z0]])
    spacing = rng.uniform(0.25, 0.5) * coarseness(z0)
    count = max(2, round(np.hypot(x1 - x0, z1 - z0) / spacing))
    posts, paint = grid(count, 1, rng.choice([0.5, 0.7, 0.9]), 1.0), draw_colour(rng, FENCES)
    rails = np.concatenate([rectangle(0.0, 1.0, v, v + 0.08) for v in (0.1, 0.88)])
    patches = [Patch(face[None], None, Label.FENCE)]
    for shape in (posts, rails):
        patches.append(Patch(on_face(face, shape), paint, None))
    return Thing(max(z0, z1), patches, (min(x0, x1), max(x0, x1), z0, z1), height)


def build_pole(rng: np.random.Generator, camera: Camera, x: float, z: float) -> Thing:
    """A street lamp with an arm over the road, or a bollard."""
    height = rng.uniform(5, 8) if rng.random() < 0.7 else rng.uniform(0.8, 1.3)
    thickness = max(rng.uniform(0.24, 0.4), THINNEST * z / camera.focal)
    lines: list[Line] = [((0.0, 0.0), (0.0, height))]
    if height > 2:
        lines.append(((0.0, height), (-np.sign(x) * 1.6, height + 0.2)))
    shape, paint = bars(lines, thickness), draw_grey(rng, 0.05, 0.18)
    return build_figure(x, z, (thickness, height), [(shape, paint, Label.POLE)])


def build_sign(rng: np.random.Generator, camera: Camera, x: float, z: float) -> Thing:
    """A round, triangular, octagonal or rectangular board on a pole."""
    height, corners = rng.uniform(2.2, 3.2), int(rng.choice([3, 4, 8, 14]))
    board = ellipse(0.0, 0.0, 1.0, 1.0, corners) * rng.uniform(0.6, 0.9)
    if corners == 4:
        board = rectangle(-0.8, 0.8, -0.6, 0.6) * rng.uniform(0.8, 1.3, 2)
    mast = bars([((0.0, 0.0), (0.0, height))], max(0.1, THINNEST * z / camera.focal))
    inner, middle = draw_colour(rng, BOARDS), np.array([0.0, height])
    parts: list[Part] = [
        (mast, draw_grey(rng, 0.1, 0.4), Label.POLE),
        (board + middle, draw_colour(rng, BOARDS), Label.SIGN),
        (board * 0.7 + middle, inner, None),
        (board * 0.3 + middle, 1 - inner, None),
    ]
    return build_figure(x, z, (0.5, height), parts)


def build_traffic_light(rng: np.random.Generator, camera: Camera, x: float, z: float) -> Thing:
    """As in CamVid, the lights are SignSymbol and what carries them is Pole."""
    height, lit = rng.uniform(2.6, 4), rng.integers(len(SIGNALS))
    mast = bars([((0.0, 0.0), (0.0, height))], max(0.14, THINNEST * z / camera.focal))
    case = rectangle(-0.28, 0.28, height - 1.15, height + 0.1)
    parts: list[Part] = [(mast, draw_grey(rng, 0.05, 0.25), Label.POLE), (case, DARK, Label.SIGN)]
    for i, light in enumerate(SIGNALS):
        lens = ellipse(0.0, height - 0.15 - 0.35 * i, 0.15, 0.15, 8)
        parts.append((lens, light if i == lit else light * 0.3, None))
    return build_figure(x, z, (0.5, height), parts)
