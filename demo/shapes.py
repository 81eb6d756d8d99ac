"""The meshes of the demo scene, as arrays of vertices and faces.

Pure numpy. Lengths are in metres and z is up; every mesh consists of triangles.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = [
    "LAKE_LEVEL",
    "Shape",
    "boat",
    "grass",
    "ground",
    "ground_height",
    "join",
    "lake",
    "pedestal",
    "poppies",
    "ridge",
    "tree",
]

LAKE_LEVEL = -1.2
"""Height of the water in metres."""


@dataclass(frozen=True)
class Shape:
    """A mesh: ``vertices`` (N, 3), ``faces`` (M, 3) and one value a vertex for shading.

    ``tint`` (N,) in 0..1 varies the colour; ``materials`` (M,) are slot numbers;
    ``sway`` maps shape-key names to vertex offsets (N, 3) in metres.
    """

    vertices: np.ndarray
    faces: np.ndarray
    tint: np.ndarray
    materials: np.ndarray
    sway: dict[str, np.ndarray] = field(default_factory=dict)


def join(*shapes: Shape) -> Shape:
    """All shapes as one mesh; material slots stay what they are."""
    offsets = np.cumsum([0] + [len(shape.vertices) for shape in shapes[:-1]])
    names = sorted({name for shape in shapes for name in shape.sway})
    return Shape(
        vertices=np.concatenate([shape.vertices for shape in shapes]),
        faces=np.concatenate([shape.faces + offset for shape, offset in zip(shapes, offsets, strict=True)]),
        tint=np.concatenate([shape.tint for shape in shapes]),
        materials=np.concatenate([shape.materials for shape in shapes]),
        sway={
            name: np.concatenate([shape.sway.get(name, np.zeros_like(shape.vertices)) for shape in shapes])
            for name in names
        },
    )


def _shape(vertices: np.ndarray, faces: np.ndarray, *, tint: np.ndarray | float = 0.5, material: int = 0) -> Shape:
    vertices = np.asarray(vertices, dtype=np.float64)
    faces = np.asarray(faces, dtype=np.int64)
    return Shape(
        vertices, faces, np.broadcast_to(tint, len(vertices)).copy(), np.full(len(faces), material, dtype=np.int64)
    )


def _smoothstep(low: float, high: float, value: np.ndarray) -> np.ndarray:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _lattice(columns: int, rows: int) -> np.ndarray:
    """Triangles (2·(columns−1)·(rows−1), 3) of a grid stored row by row."""
    index = np.arange(columns * rows).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def _tube(path: np.ndarray, radii: np.ndarray, sides: int, *, material: int = 0, tint: float = 0.5) -> Shape:
    """A tapered tube along ``path`` (K, 3)."""
    tangents = np.gradient(path, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    helper = np.where(np.abs(tangents[:, 2:3]) > 0.9, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    across = np.cross(tangents, helper)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    up = np.cross(across, tangents)
    angles = np.linspace(0.0, 2.0 * np.pi, sides, endpoint=False)
    rings = path[:, None] + radii[:, None, None] * (
        across[:, None] * np.cos(angles)[None, :, None] + up[:, None] * np.sin(angles)[None, :, None]
    )
    index = np.arange(len(path) * sides).reshape(len(path), sides)
    following = np.roll(index, -1, axis=1)
    a, b, c, d = index[:-1], following[:-1], following[1:], index[1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return _shape(rings.reshape(-1, 3), faces, tint=tint, material=material)


# ---- The land


def ground_height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Height of the meadow: it falls to the lake, and rises to a bank at either corner of the picture."""
    rolling = 0.10 * np.sin(0.9 * x + 0.4) * np.cos(0.7 * y) + 0.05 * np.sin(2.1 * x - 1.3 * y)
    bank = 0.9 * _smoothstep(2.5, 9.0, -x) + 0.5 * _smoothstep(4.0, 11.0, x)
    fall = 3.4 * _smoothstep(3.0, 15.0, y + 0.8 * np.sin(0.45 * x))
    frame = 0.62 * _smoothstep(0.7, 2.4, np.abs(x)) * _smoothstep(1.8, 4.6, -y)
    return rolling + bank + frame - fall


def ground() -> Shape:
    """The near meadow."""
    columns, rows = 160, 120
    x, y = np.meshgrid(np.linspace(-26.0, 26.0, columns), np.linspace(-9.0, 17.0, rows))
    vertices = np.stack([x, y, ground_height(x, y)], -1).reshape(-1, 3)
    return _shape(vertices, _lattice(columns, rows))


def lake() -> Shape:
    """The water, one large flat sheet."""
    corners = [(-160.0, 4.0), (160.0, 4.0), (160.0, 170.0), (-160.0, 170.0)]
    return _shape(np.array([(x, y, LAKE_LEVEL) for x, y in corners]), np.array([(0, 1, 2), (0, 2, 3)]))


def ridge(distance: float, height: float, roughness: float, seed: int) -> Shape:
    """A chain of hills along x at ``distance``, ``height`` metres at its peaks."""
    generator = np.random.default_rng(seed)
    columns, rows = 240, 14
    half_width = distance * 0.95
    x, v = np.meshgrid(np.linspace(-half_width, half_width, columns), np.linspace(0.0, 1.0, rows))
    profile = np.zeros(columns)
    for octave in range(1, 7):
        turns = 2.2 * 1.9**octave / 1.9
        profile += np.abs(np.sin(np.linspace(0.0, turns, columns) + generator.uniform(0, 6.3))) * roughness**octave
    profile = 0.25 + 0.75 * (profile - profile.min()) / np.ptp(profile)
    gullies = 0.06 * height * np.sin(x * 30.0 / half_width + 5.0 * v) * v * (1.0 - v)
    y = distance + v * distance * 0.22
    z = LAKE_LEVEL - 0.5 + height * profile[None, :] * v**0.8 + gullies
    groves = np.sin(90.0 * x / half_width + 9.0 * v + np.sin(37.0 * x / half_width)) * np.sin(11.0 * v + 4.0 * profile)
    tint = np.clip(0.45 + 0.45 * groves + generator.normal(0.0, 0.25, x.shape), 0.0, 1.0)
    return _shape(np.stack([x, y, z], -1).reshape(-1, 3), _lattice(columns, rows), tint=tint.reshape(-1))


# ---- What grows


def _blades(
    roots: np.ndarray, heights: np.ndarray, generator: np.random.Generator, *, width: float, material: int = 0
) -> Shape:
    """Bent grass blades: five vertices and three triangles each."""
    count = len(roots)
    facing = generator.uniform(0.0, 2.0 * np.pi, count)
    lean = generator.normal(0.0, 0.16, (count, 2)) * heights[:, None]
    across = (
        np.stack([np.cos(facing), np.sin(facing), np.zeros(count)], -1)
        * width
        * generator.uniform(0.6, 1.3, (count, 1))
    )
    middle = roots + np.concatenate([0.35 * lean, 0.55 * heights[:, None]], axis=1)
    tip = roots + np.concatenate([1.2 * lean, heights[:, None]], axis=1)
    vertices = np.stack([roots - across, roots + across, middle + 0.7 * across, middle - 0.7 * across, tip], axis=1)
    faces = np.array([(0, 1, 2), (0, 2, 3), (3, 2, 4)])[None] + 5 * np.arange(count)[:, None, None]
    # One tint a blade, darker at the root, so that tufts keep their depth without bounces.
    tint = generator.uniform(0.35, 1.0, (count, 1)) * np.array([[0.45, 0.45, 0.8, 0.8, 1.0]])
    shape = _shape(vertices.reshape(-1, 3), faces.reshape(-1, 3), tint=tint.reshape(-1), material=material)
    reach = np.array([0.0, 0.0, 0.3, 0.3, 1.0])[None, :] * 0.28 * heights[:, None]
    gust = 1.4 * roots[:, :1] + 0.5 * roots[:, 1:2] + generator.uniform(-0.7, 0.7, (count, 1))
    shape.sway.update(_gust(reach, gust, np.array([1.0, 0.25, -0.15])))
    return shape


def _gust(reach: np.ndarray, angle: np.ndarray, direction: np.ndarray) -> dict[str, np.ndarray]:
    """Two shape keys whose sine- and cosine-weighted sum travels through the field."""
    broadcast = np.broadcast_to(angle, reach.shape)
    return {
        "wind sine": ((reach * np.cos(broadcast))[..., None] * direction).reshape(-1, 3),
        "wind cosine": ((reach * np.sin(broadcast))[..., None] * direction).reshape(-1, 3),
    }


def grass(count: int = 26000, seed: int = 3) -> Shape:
    """The meadow's blades, thicker in tufts and towards the camera."""
    generator = np.random.default_rng(seed)
    y = -6.6 + 13.5 * generator.uniform(0.0, 1.0, count * 2) ** 1.6
    x = generator.uniform(-1.0, 1.0, count * 2) * (1.6 + 0.62 * (y + 7.2))
    tuft = np.sin(1.7 * x + 0.8 * np.sin(1.1 * y)) * np.sin(1.3 * y + 0.9 * x) + 0.5 * np.sin(4.1 * x + 3.3 * y)
    path = np.abs(x - 0.55 - 0.45 * np.sin(0.55 * y)) / 0.42
    keep = (generator.uniform(-1.4, 1.5, count * 2) < tuft + 0.35) & (generator.uniform(0.0, 1.0, count * 2) < path**3)
    x, y, tuft = x[keep][:count], y[keep][:count], tuft[keep][:count]
    heights = generator.uniform(0.10, 0.26, len(x)) * (1.0 + 0.45 * np.clip(tuft, -0.5, 1.0))
    return _blades(np.stack([x, y, ground_height(x, y) - 0.01], -1), heights, generator, width=0.008)


def tree(leaf_count: int = 6500, seed: int = 11) -> Shape:
    """A maple: material 0 is bark, 1 is leaves; the base stands at the origin."""
    generator = np.random.default_rng(seed)
    wood: list[Shape] = []
    twigs: list[np.ndarray] = []

    def branch(start: np.ndarray, direction: np.ndarray, length: float, radius: float, depth: int) -> None:
        steps = 7
        points = [start]
        heading = direction / np.linalg.norm(direction)
        for _ in range(steps):
            heading = heading + generator.normal(0.0, 0.10, 3) + np.array([0.0, 0.0, 0.05])
            heading /= np.linalg.norm(heading)
            points.append(points[-1] + heading * length / steps)
        path = np.array(points)
        wood.append(_tube(path, np.linspace(radius, radius * 0.55, len(path)), 8 if depth < 2 else 5))
        if depth >= 2:
            twigs.append(path[2:])
        if depth == 4:
            return
        for _ in range(4 if depth == 0 else 3):
            angle = generator.uniform(0.0, 2.0 * np.pi)
            spread = generator.uniform(0.45, 0.95)
            side = np.array([np.cos(angle), np.sin(angle), 0.15])
            at = path[generator.integers(4, len(path))]
            branch(at, heading * (1.0 - 0.45 * spread) + side * spread, length * 0.66, radius * 0.5, depth + 1)

    branch(np.zeros(3), np.array([0.12, 0.0, 1.0]), 1.75, 0.20, 0)
    trunk = join(*wood)
    trunk = _shape(trunk.vertices, trunk.faces, tint=0.5)

    anchors = np.concatenate(twigs)
    centres = anchors[generator.integers(0, len(anchors), leaf_count)] + generator.normal(0.0, 0.11, (leaf_count, 3))
    leaves = _leaves(centres, generator)
    whole = join(trunk, leaves)
    height = np.clip(whole.vertices[:, 2] / 3.5, 0.0, 1.5)[:, None] ** 1.7
    bend = _gust((0.05 * height)[:, 0], np.zeros(len(height)), np.array([1.0, 0.35, 0.0]))
    return Shape(
        whole.vertices,
        whole.faces,
        whole.tint,
        whole.materials,
        {name: whole.sway[name] + bend[name] for name in bend},
    )


def _leaves(centres: np.ndarray, generator: np.random.Generator) -> Shape:
    """Folded, pointed leaves of two triangles that hang a little and flutter."""
    count = len(centres)
    along = generator.normal(0.0, 1.0, (count, 3)) + np.array([0.0, 0.0, -0.5])
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(along, generator.normal(0.0, 1.0, (count, 3)))
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    fold = np.cross(along, across) * 0.25
    size = generator.uniform(0.08, 0.15, (count, 1))
    vertices = np.stack(
        [
            centres,
            centres + size * (0.45 * along + 0.38 * across + fold),
            centres + size * along,
            centres + size * (0.45 * along - 0.38 * across + fold),
        ],
        axis=1,
    )
    faces = np.array([(0, 1, 2), (0, 2, 3)])[None] + 4 * np.arange(count)[:, None, None]
    # Colour goes from shaded crimson inside the crown to gold at its rim.
    middle = centres.mean(axis=0)
    rim = np.linalg.norm((centres - middle) / centres.std(axis=0), axis=1) / 2.6
    tint = np.clip(0.25 + 0.5 * rim + generator.normal(0.0, 0.16, count), 0.0, 1.0)
    shape = _shape(vertices.reshape(-1, 3), faces.reshape(-1, 3), tint=np.repeat(tint, 4), material=1)
    flutter = np.array([0.0, 0.6, 1.0, 0.6])[None, :] * 0.035 * generator.uniform(0.3, 1.0, (count, 1))
    shape.sway.update(_gust(flutter, generator.uniform(0.0, 2.0 * np.pi, (count, 1)), np.array([0.5, 0.3, 0.8])))
    return shape


def poppies(seed: int = 5) -> Shape:
    """Flowers close to the camera: material 0 stems, 1 petals, 2 hearts."""
    generator = np.random.default_rng(seed)
    parts: list[Shape] = []
    clusters = ((-1.55, -4.1, 9), (1.75, -3.9, 7), (-2.3, -2.0, 6), (2.9, -1.6, 7), (-0.9, 1.6, 4))
    spots = [(x, y) for x, y, count in clusters for _ in range(count)]
    for x, y in np.array(spots) + generator.normal(0.0, 1.0, (len(spots), 2)) * (0.32, 0.38):
        height = generator.uniform(0.30, 0.62)
        root = np.array([x, y, float(ground_height(np.array(x), np.array(y)))])
        head = root + np.array([generator.normal(0.0, 0.05), generator.normal(0.0, 0.05), height])
        bend = generator.normal(0.0, 0.03, 3) * [1, 1, 0]
        path = np.stack([root, 0.5 * (root + head) + bend, head])
        parts.append(_tube(path, np.array([0.008, 0.007, 0.006]), 5))
        parts.extend(_petals(head, generator))
    return join(*parts)


def _petals(head: np.ndarray, generator: np.random.Generator) -> list[Shape]:
    radius = generator.uniform(0.085, 0.12)
    turn = generator.uniform(0.0, 2.0 * np.pi)
    u, v = np.meshgrid(np.linspace(-1.0, 1.0, 6), np.linspace(0.0, 1.0, 5))
    petals = []
    for number in range(5):
        angle = turn + number * 2.0 * np.pi / 5 + 0.72 * u * v**0.5
        out = radius * v * (1.0 - 0.12 * u**2)
        lift = radius * (0.75 * v**2 + 0.08 * np.sin(9.0 * u + number) * v)
        points = head + np.stack([out * np.cos(angle), out * np.sin(angle), lift], -1).reshape(-1, 3)
        petals.append(_shape(points, _lattice(6, 5), tint=np.repeat(np.linspace(0.0, 1.0, 5), 6), material=1))
    ring = np.array([head, head + np.array([0.0, 0.0, radius * 0.35])])
    petals.append(_tube(ring, np.array([0.012, 0.024]), 8, material=2))
    return petals


# ---- What was built


def pedestal() -> Shape:
    """A turned stone column with its foot at z = 0 and its top at 0.86."""
    profile = np.array(
        [
            (0.62, 0.00, 0.62, 0.12, 0.50, 0.16, 0.44, 0.20, 0.38, 0.30, 0.35, 0.46, 0.37, 0.60),
            (0.45, 0.68, 0.52, 0.72, 0.55, 0.74, 0.55, 0.80, 0.55, 0.84, 0.53, 0.86, 0.001, 0.86),
        ]
    ).reshape(-1, 2)
    path = np.stack([np.zeros(len(profile)), np.zeros(len(profile)), profile[:, 1]], -1)
    angles = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    rings = path[:, None] + profile[:, :1, None] * np.stack([np.cos(angles), np.sin(angles), 0 * angles], -1)
    index = np.arange(rings.shape[0] * 48).reshape(-1, 48)
    following = np.roll(index, -1, axis=1)
    a, b, c, d = index[:-1], following[:-1], following[1:], index[1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return _shape(rings.reshape(-1, 3), faces)


def boat() -> Shape:
    """A small sailing boat heading along +x: material 0 hull, 1 mainsail, 2 jib."""
    s, t = np.meshgrid(np.linspace(-1.0, 1.0, 17), np.linspace(-1.0, 1.0, 9))
    beam = 0.42 * np.sqrt(np.clip(1.0 - np.abs(s) ** 2.4, 0.0, 1.0)) * np.where(s < 0, 1.0, 1.0 - 0.35 * s)
    keel = -0.30 * (1.0 - t**2) * (1.0 - 0.6 * np.abs(s) ** 3)
    sheer = 0.30 + 0.16 * s**2 + 0.06 * s
    hull = np.stack([1.25 * s, beam * t, keel + sheer * np.abs(t) ** 1.5], -1).reshape(-1, 3)
    mast = _tube(np.array([(0.15, 0, 0.0), (0.13, 0, 1.6), (0.10, 0, 3.2)]), np.array([0.035, 0.03, 0.015]), 6)
    return join(
        _shape(hull, _lattice(17, 9)),
        mast,
        _sail((0.10, 0.40), (0.10, 3.1), (-1.25, 0.45), material=1),
        _sail((0.22, 2.7), (1.22, 0.45), (0.28, 0.42), material=2),
    )


def _sail(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], *, material: int) -> Shape:
    """A bellied triangle in the x-z plane."""
    size = 8
    u, v = np.meshgrid(np.linspace(0.0, 1.0, size), np.linspace(0.0, 1.0, size))
    weights = np.stack([(1 - u) * (1 - v), (1 - u) * v, u], -1)
    plane = weights @ np.array([a, b, c])
    belly = -0.9 * weights[..., 0] * weights[..., 2] - 0.9 * weights[..., 1] * weights[..., 2]
    vertices = np.stack([plane[..., 0], belly, plane[..., 1]], -1).reshape(-1, 3)
    return _shape(vertices, _lattice(size, size), tint=plane[..., 1].reshape(-1) / 3.2, material=material)
