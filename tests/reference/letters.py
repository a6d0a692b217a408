"""Right answers for text: a font of two rectangles, whose coverage is known without a rasteriser.

The font has 1000 units to its size, its ascent is 800 and its descent 200. A is a rectangle from (100, 0) to
(500, 700), 600 wide; B one from (50, -200) to (350, 500), 400 wide; a space is 300 wide; for what it has no sign it
has a rectangle from (0, 0) to (300, 300), 400 wide.
"""

import base64
import struct

import numpy as np

from layers import composite, four, in_gray
from tones import decode, encode

RECTANGLES = [((0, 0, 300, 300), 400), (None, 300), ((100, 0, 500, 700), 600), ((50, -200, 350, 500), 400)]
GLYPHS = {" ": 1, "A": 2, "B": 3}


# --- the font: OpenType 1.9, the tables that are asked for -------------------------------------


def glyph(rectangle):
    if rectangle is None:
        return b""
    left, bottom, right, top = rectangle
    corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
    data = struct.pack(">hhhhhHH", 1, left, bottom, right, top, 3, 0) + b"\x01" * 4
    for axis in (0, 1):
        values = [0] + [corner[axis] for corner in corners]
        data += b"".join(struct.pack(">h", b - a) for a, b in zip(values, values[1:]))
    return data + b"\0" * (-len(data) % 4)


def names():
    records, text = b"", b""
    for number, name in ((1, "Two Boxes"), (2, "Regular"), (4, "Two Boxes"), (6, "TwoBoxes")):
        name = name.encode("utf-16-be")
        records += struct.pack(">HHHHHH", 3, 1, 0x409, number, len(name), len(text))
        text += name
    return struct.pack(">HHH", 0, 4, 6 + 12 * 4) + records + text


def characters():
    """Format 4: a segment for each sign, and the one that ends them."""
    codes = sorted((ord(sign), number) for sign, number in GLYPHS.items())
    ends = [code for code, _ in codes] + [0xFFFF]
    deltas = [(number - code) & 0xFFFF for code, number in codes] + [1]
    count = len(ends)
    words = ends + [0] + ends + deltas + [0] * count
    search = 2 ** (count.bit_length() - 1)
    head = (2 * count, 2 * search, search.bit_length() - 1, 2 * (count - search))
    body = struct.pack(f">{len(words)}H", *words)
    table = struct.pack(">HHHHHHH", 4, 14 + len(body), 0, *head) + body
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table


def font():
    glyphs = [glyph(rectangle) for rectangle, _ in RECTANGLES]
    offsets = np.cumsum([0] + [len(data) for data in glyphs])
    metrics = b"".join(struct.pack(">Hh", wide, r[0] if r else 0) for r, wide in RECTANGLES)
    head = struct.pack(">IIIIHHqqhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, 1000, 0, 0, 0, -200, 500, 700, 0, 8, 2, 1, 0)
    tables = {
        b"cmap": characters(),
        b"glyf": b"".join(glyphs),
        b"head": head,
        b"hhea": struct.pack(">IhhhHhhhhhh8xhH", 0x10000, 800, -200, 0, 600, 0, 0, 500, 1, 0, 0, 0, len(glyphs)),
        b"hmtx": metrics,
        b"loca": struct.pack(f">{len(offsets)}I", *offsets),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, len(glyphs), 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": names(),
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 0, 0, 0, 0, 0),
    }
    directory = struct.pack(">IHHHH", 0x10000, len(tables), 128, 3, 16)
    start = len(directory) + 16 * len(tables)
    body = b""
    for tag, data in sorted(tables.items()):
        padded = data + b"\0" * (-len(data) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += struct.pack(">4sIII", tag, total, start + len(body), len(data))
        body += padded
    return directory + body


FONT = base64.urlsafe_b64encode(font()).decode().rstrip("=")


# --- text --------------------------------------------------------------------------------------


def covered(length, low, high):
    """How much of each pixel of a row lies between two places."""
    at = np.arange(length)
    return np.clip(np.minimum(at + 1, high) - np.maximum(at, low), 0, 1)


def written(lines, size, gravity=(50, 50), align=0, spacing=1.2, **more):
    """Lines of text in a block; `align` is the share of what a line leaves that is on its left."""

    def answer(image):
        height, width, channels = image.shape
        glyphs = [[RECTANGLES[GLYPHS.get(sign, 0)] for sign in line] for line in lines]
        widths = [sum(wide for _, wide in line) * size / 1000 for line in glyphs]
        block = (int(np.ceil(max(widths))), int(np.ceil(len(lines) * size * spacing)))
        room = (width - block[0], height - block[1])
        left, top = (int(np.sign(r * g) * np.floor(abs(r * g) / 100 + 0.5)) for r, g in zip(room, gravity))
        coverage = np.zeros((height, width))
        for number, line in enumerate(glyphs):
            # Ascent and descent are 1 together; a line is as much higher above as below.
            base = top + (number + 0.5) * size * spacing - size / 2 + 0.8 * size
            x = left + (max(widths) - widths[number]) * align
            for rectangle, wide in line:
                if rectangle:
                    a, low, b, high = (n * size / 1000 for n in rectangle)
                    coverage += np.outer(covered(height, base - high, base - low), covered(width, x + a, x + b))
                x += wide * size / 1000
        # Coverage comes in 256 steps, of which the last two are one.
        coverage = np.minimum(np.floor(coverage * 256), 255) / 255
        box = np.outer(covered(height, top, top + block[1]), covered(width, left, left + block[0]))
        return laid(image, coverage, box, **more)

    return answer


def laid(image, coverage, box, color=(1, 1, 1, 1), background=None, opacity=1, light="srgb"):
    ink = np.concatenate([np.broadcast_to(color[:3], coverage.shape + (3,)), coverage[..., None] * color[3]], 2)
    if background is not None:
        behind = np.concatenate([np.broadcast_to(background, box.shape + (3,)), box[..., None]], 2)
        ink = np.rint(composite(behind, ink, "over") * 255) / 255
    if image.shape[2] < 3:
        ink = np.concatenate([np.rint(in_gray(ink[..., :3]) * 255) / 255] * 3 + [ink[..., 3:]], axis=2)
    ink[..., 3] *= opacity
    base = four(image)
    if light == "linear":
        ink[..., :3], base[..., :3] = decode(ink[..., :3]), decode(base[..., :3])
    out = composite(base, ink, "over")
    if light == "linear":
        out[..., :3] = encode(out[..., :3])
    channels = image.shape[2]
    color = out[..., :1] if channels < 3 else out[..., :3]
    return np.concatenate([color, out[..., 3:]], axis=2) if channels % 2 == 0 else color


def cases():
    """Rows of a pipeline's text, the sources it is for, and the right answer."""
    all_of_them = ("gray", "rgb", "rgba")
    orange = (1, 136 / 255, 0, 128 / 255)
    yield f"text AB font={FONT} size=10", all_of_them, written(["AB"], 10)
    # What it has no sign for, and places between pixels.
    yield f"text AéB font={FONT} size=5 gravity=northwest", all_of_them, written(["A?B"], 5, (0, 0))
    text = f'text "A\\nBB" font={FONT} size=5 align=right gravity=southeast color=#ff880080 opacity=0.7 light=linear'
    more = {"color": orange, "opacity": 0.7, "light": "linear"}
    yield text, all_of_them, written(["A", "BB"], 5, (100, 100), 1, **more)
    # Too wide for a line, and then too high for the picture.
    yield f'text "AA BB" font={FONT} size=10 width=14', ("rgb", "gray"), written(["AA", "BB"], 10)
    text = f"text A font={FONT} size=5 background=#204060 color=#ff8800 line_spacing=2"
    more = {"color": orange[:3] + (1,), "background": (32 / 255, 64 / 255, 96 / 255), "spacing": 2}
    yield text, all_of_them, written(["A"], 5, **more)
    yield f"text A font={FONT} size=50%", ("rgb", "one"), lambda image: written(["A"], image.shape[0] // 2 or 1)(image)
