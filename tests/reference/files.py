"""PNG and JPEG files of every kind that the decoders must know, some of them damaged.

Each comes with the pixels that are in it, by arithmetic, or with what is wrong with it. make.py writes
them to tests/data/codec.
"""

import io
import struct
import warnings
import zlib

import numpy as np
from PIL import Image

import reference as ref
from sources import deep, photo, with_alpha


def png(width, height, depth, color, body, *before, interlace=0):
    """A PNG file of given scan lines, each with its filter byte, and chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(body, 9)), (b"IEND", b"")]
    return ref.PNG_SIGNATURE + b"".join(ref.png_chunk(kind, data) for kind, data in chunks)


def scan_lines(array, depth):
    """Unfiltered scan lines: samples packed from the high bit, big-endian."""
    lines = bytearray()
    for row in array:
        flat = row.reshape(-1)
        if depth < 8:
            bits = np.unpackbits(flat.astype(np.uint8)[:, None], axis=1)[:, 8 - depth :]
            data = np.packbits(bits.reshape(-1)).tobytes()
        else:
            data = flat.astype(f">u{depth // 8}").tobytes()
        lines += b"\0" + data
    return bytes(lines)


def adam7(array, depth):
    """Scan lines of the seven passes; those without a pixel have no line."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    parts = [array[y::dy, x::dx] for x, y, dx, dy in passes]
    return b"".join(scan_lines(part, depth) for part in parts if part.size)


def jpeg(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


def jpeg_segment(data, marker):
    """Where the segment of a marker begins (at its 0xff) in a JPEG file."""
    at = 2
    while data[at + 1] != marker:
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return at


def ycck(picture):
    """A CMYK picture as Photoshop writes it: inverted, turned to YCbCr + K, Adobe transform 2."""
    cmyk = 255 - np.asarray(picture)
    color = Image.fromarray(255 - cmyk[..., :3]).convert("YCbCr")
    parts = np.concatenate([np.asarray(color), cmyk[..., 3:]], axis=2)
    # Pillow inverts what it is given for CMYK, so it is given the inverse.
    data = bytearray(jpeg(Image.fromarray(255 - parts, "CMYK"), quality=98, subsampling=0))
    # The segment: marker, length, "Adobe", version, flags, flags, transform.
    at = jpeg_segment(data, 0xEE)
    data[at + 15] = 2
    return bytes(data)


def seen_by_pillow(data):
    """The picture as an array, in the channels bytelens has for it: grey, RGB."""
    with warnings.catch_warnings():
        # One of the files has damaged EXIF data, on purpose.
        warnings.simplefilter("ignore")
        picture = Image.open(io.BytesIO(data))
    array = np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))
    return array[..., None] if array.ndim == 2 else array


def png_cases(cat, gray):
    """Rows (name, file, expected array) of PNG files that are right."""
    rows = []
    for depth in (1, 2, 4):
        # 29 columns: no whole number of bytes.
        low = gray[:, :29] >> (8 - depth)
        wide = (low * (255 // (2**depth - 1))).astype(np.uint8)
        rows.append((f"grey{depth}.png", png(29, 24, depth, 0, scan_lines(low, depth)), wide))
    low = gray >> 4
    key = (b"tRNS", struct.pack(">H", 7))
    wide = np.concatenate([low * 17, np.where(low == 7, 0, 255)], axis=2).astype(np.uint8)
    rows.append(("grey4_key.png", png(32, 24, 4, 0, scan_lines(low, 4), key), wide))

    palette = np.array([[16 * i, 255 - 16 * i, (80 * i) % 256] for i in range(16)], np.uint8)
    alpha = np.array([0, 64, 128, 192] + [255] * 12, np.uint8)
    plte, trns = (b"PLTE", palette.tobytes()), (b"tRNS", alpha[:4].tobytes())
    for depth in (1, 2, 4, 8):
        index = gray >> max(4, 8 - depth)
        index = index[:, :29] if depth < 8 else index
        width = index.shape[1]
        few = (b"PLTE", palette[: 2 ** min(depth, 4)].tobytes())
        lines = scan_lines(index, depth)
        color = palette[index[..., 0]]
        rows.append((f"palette{depth}.png", png(width, 24, depth, 3, lines, few), color))
    lines = scan_lines(low, 8)
    both = np.concatenate([palette[low[..., 0]], alpha[low]], axis=2)
    rows.append(("palette8_trns.png", png(32, 24, 8, 3, lines, plte, trns), both))
    lines = scan_lines(low, 4)
    rows.append(("palette4_trns.png", png(32, 24, 4, 3, lines, plte, trns), both))

    key = (b"tRNS", struct.pack(">HHH", *(int(v) for v in cat[5, 5])))
    clear = (cat == cat[5, 5]).all(axis=2, keepdims=True)
    keyed = np.concatenate([cat, np.where(clear, 0, 255).astype(np.uint8)], axis=2)
    rows.append(("rgb8_key.png", png(32, 24, 8, 2, scan_lines(cat, 8), key), keyed))

    deep_rgb = deep(photo("coffee.jpg", "RGB"), 32, 24)
    deep_gray = deep(photo("camera.jpg", "L"), 32, 24)
    for name, array in {
        "grey8": gray,
        "rgb8": cat,
        "greyalpha8": with_alpha(gray),
        "rgba8": with_alpha(cat),
        "grey16": deep_gray,
        "rgb16": deep_rgb,
        "greyalpha16": with_alpha(deep_gray),
        "rgba16": with_alpha(deep_rgb),
    }.items():
        rows.append((f"{name}.png", ref.png_bytes(array), array))
        depth, color = array.dtype.itemsize * 8, ref.PNG_COLOR[array.shape[2]]
        lines = adam7(array, depth)
        data = png(32, 24, depth, color, lines, interlace=1)
        rows.append((f"{name}_interlaced.png", data, array))
    for width, height in ((1, 1), (3, 2), (5, 1), (1, 5)):
        part = cat[:height, :width]
        data = png(width, height, 8, 2, adam7(part, 8), interlace=1)
        rows.append((f"rgb8_interlaced_{width}x{height}.png", data, part))
    wide = (gray[:, :29] >> 7) * 255
    data = png(29, 24, 1, 0, adam7(gray[:, :29] >> 7, 1), interlace=1)
    rows.append(("grey1_interlaced.png", data, wide))
    rows.append(("rgb8_bytes_after_the_end.png", ref.png_bytes(cat) + b"more" * 9, cat))
    rows.append(("png_named.jpg", ref.png_bytes(cat), cat))
    return rows


def jpeg_cases(cat, gray):
    """Rows (name, file, largest difference from Pillow's pixels that is in order)."""
    rgb = Image.fromarray(cat)
    odd = Image.fromarray(photo("coffee.jpg", "RGB")[40:65, 200:233])
    damaged = jpeg(rgb, quality=92, subsampling=0, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    nine = Image.Exif()
    nine[0x0112] = 9
    # libjpeg-turbo's pixels are those of the decoder under test, bit for bit.
    rows = [
        ("jpeg_444.jpg", jpeg(rgb, quality=92, subsampling="4:4:4"), 0),
        ("jpeg_422.jpg", jpeg(rgb, quality=92, subsampling="4:2:2"), 0),
        ("jpeg_420.jpg", jpeg(rgb, quality=92, subsampling="4:2:0"), 0),
        ("jpeg_444_33x25.jpg", jpeg(odd, quality=92, subsampling="4:4:4"), 0),
        ("jpeg_422_33x25.jpg", jpeg(odd, quality=92, subsampling="4:2:2"), 0),
        ("jpeg_420_33x25.jpg", jpeg(odd, quality=92, subsampling="4:2:0"), 0),
        ("jpeg_grey.jpg", jpeg(Image.fromarray(gray[..., 0]), quality=92), 0),
        ("jpeg_progressive.jpg", jpeg(rgb, quality=92, subsampling=0, progressive=True), 0),
        ("jpeg_progressive_420.jpg", jpeg(odd, quality=92, subsampling=2, progressive=True), 0),
        ("jpeg_restart.jpg", jpeg(rgb, quality=92, subsampling=0, restart_marker_blocks=2), 0),
        ("jpeg_1x1.jpg", jpeg(rgb.crop((0, 0, 1, 1)), quality=92), 0),
        ("jpeg_exif_damaged.jpg", damaged, 0),
        ("jpeg_exif_orientation_9.jpg", jpeg(rgb, quality=92, subsampling=0, exif=nine), 0),
        ("jpeg_bytes_after_the_end.jpg", jpeg(rgb, quality=92, subsampling=0) + b"more" * 9, 0),
        ("jpeg_named.png", jpeg(rgb, quality=92, subsampling=0), 0),
    ]
    ink = np.concatenate([255 - cat, gray // 3], axis=2)
    ink = Image.fromarray(ink, "CMYK")
    rows.append(("jpeg_cmyk_adobe.jpg", jpeg(ink, quality=98, subsampling=0), 0))
    rows.append(("jpeg_ycck_adobe.jpg", ycck(ink), 0))
    want = np.asarray(ink.convert("RGB"), int)
    for name, data, allowed in rows[-2:]:
        assert np.abs(seen_by_pillow(data).astype(int) - want).max() <= 24, name
    return rows


def damaged_cases(cat):
    """Rows (name, file, whose fault: decode or limit) of files that must be refused."""
    good = ref.png_bytes(cat)
    crc = bytearray(good)
    crc[good.index(b"IEND") - 5] ^= 0xFF
    flipped = bytearray(good)
    flipped[good.index(b"IDAT") + 40] ^= 0x10
    header_crc = bytearray(good)
    header_crc[31] ^= 1
    lines = scan_lines(cat, 8)
    photo_jpeg = jpeg(Image.fromarray(cat), quality=92, subsampling=0)
    scan = jpeg_segment(photo_jpeg, 0xDA)
    frame = jpeg_segment(photo_jpeg, 0xC0)
    huge = bytearray(photo_jpeg)
    huge[frame + 5 : frame + 9] = struct.pack(">HH", 65535, 65535)
    empty = bytearray(photo_jpeg)
    empty[frame + 5 : frame + 9] = struct.pack(">HH", 0, 0)
    body = b"\0" * 64
    return [
        ("png_bad_crc.png", bytes(crc), "decode"),
        ("png_bad_crc_header.png", bytes(header_crc), "decode"),
        ("png_bit_flipped.png", bytes(flipped), "decode"),
        ("png_truncated.png", good[: len(good) * 6 // 10], "decode"),
        ("png_truncated_header.png", good[:20], "decode"),
        ("png_rows_missing.png", png(32, 24, 8, 2, lines[: len(lines) // 2]), "decode"),
        ("png_palette_missing.png", png(32, 24, 8, 3, scan_lines(cat[..., :1], 8)), "decode"),
        ("png_0x24.png", png(0, 24, 8, 2, body), "decode"),
        ("png_60000x60000.png", png(60000, 60000, 8, 2, body), "limit"),
        ("jpeg_truncated.jpg", photo_jpeg[: scan + (len(photo_jpeg) - scan) * 6 // 10], "decode"),
        ("jpeg_truncated_header.jpg", photo_jpeg[: scan - 40], "decode"),
        ("jpeg_0x0.jpg", bytes(empty), "decode"),
        ("jpeg_65535x65535.jpg", bytes(huge), "limit"),
        ("text.jpg", "Not a photograph, whatever its name says.\n".encode(), "decode"),
        ("text.png", "Not a photograph, whatever its name says.\n".encode(), "decode"),
        ("empty.jpg", b"", "decode"),
        ("empty.png", b"", "decode"),
    ]


# --- files of an encoder -----------------------------------------------------------------------


def made_up(source, width, height, channels):
    """Samples that whole numbers make, so that a test can make them as well."""
    y, x, c = np.meshgrid(*map(np.arange, (height, width, channels)), indexing="ij")
    if source == "soft":
        samples = (x * (2 + c) + y * 3) % 256 // 2 + x * y // 50 % 128
    else:
        mixed = (x * 73_856_093 ^ y * 19_349_663 ^ c * 83_492_791) % 2**32 * 2_654_435_761 % 2**32 >> 24
        samples = mixed if source == "noise" else (mixed >> 7) * 255
    return samples.astype(np.uint8)


def encoded_jpegs():
    """Rows (source, width, height, channels, quality, subsampling, kind, restart interval) and their files."""
    sizes = [(1, 1), (7, 9), (8, 8), (16, 16), (17, 33), (24, 40), (131, 97), (64, 1), (3, 150)]
    kinds = ["plain", "optimize", "progressive"]
    cases = [
        ("soft", *size, channels, 90, sampling, kind, 0)
        for size in sizes
        for channels, sampling in ((3, "4:4:4"), (3, "4:2:2"), (3, "4:2:0"), (1, "4:2:0"))
        for kind in kinds
    ]
    cases += [
        (source, 71, 53, channels, quality, sampling, kind, 0)
        for source in ("noise", "extremes")
        for quality in (1, 25, 50, 75, 98, 100)
        for channels, sampling in ((3, "4:2:0"), (3, "4:4:4"), (1, "4:2:0"))
        for kind in kinds
    ]
    cases += [
        ("soft", 131, 97, channels, 85, sampling, kind, restart)
        for restart in (1, 2, 7, 1000)
        for channels, sampling in ((3, "4:2:0"), (3, "4:2:2"), (1, "4:2:0"))
        for kind in kinds
    ]
    cases += [("soft", 65_500, 1, 3, 80, "4:2:0", kind, 0) for kind in kinds]
    cases += [("soft", 1, 65_500, 1, 80, "4:2:0", kind, 0) for kind in kinds]
    # Long runs of blocks without anything new, and many bits that wait in them.
    cases += [("noise", 900, 700, 1, quality, "4:2:0", "progressive", 0) for quality in (4, 90, 100)]
    cases += [("soft", 2100, 1999, 1, 1, "4:2:0", "progressive", 0)]
    for row in cases:
        source, width, height, channels, quality, sampling, kind, restart = row
        picture = made_up(source, width, height, channels)
        # Pillow names the factors of a lone component, which mean nothing, if it is told a subsampling.
        options = dict(subsampling=sampling) if channels == 3 else {}
        picture = Image.fromarray(picture if channels == 3 else picture[..., 0])
        options |= dict(quality=quality, restart_marker_blocks=restart)
        yield row, jpeg(picture, optimize=kind == "optimize", progressive=kind == "progressive", **options)
