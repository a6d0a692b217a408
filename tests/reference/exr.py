#!/usr/bin/env python3
"""Makes the files of tests/data/exr with the OpenEXR project's own library: `pip install numpy OpenEXR`.

Numbers follow from x and y, so that tests know them: see tests/data/README.md.
"""

from pathlib import Path

import numpy
import OpenEXR

HERE = Path(__file__).parent.parent / "data" / "exr"


def write(name, compression, **channels):
    header = {"compression": compression, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, channels) as file:
        file.write(str(HERE / name))


def main():
    HERE.mkdir(exist_ok=True)
    y, x = numpy.mgrid[0:5, 0:7].astype(numpy.float32)
    half = {"R": x / 8, "G": y / 8 + 2, "B": x * y + 0.25, "A": 1 - x / 16}
    half = {name: plane.astype(numpy.float16) for name, plane in half.items()}
    depth = (1000.5 + x - y).astype(numpy.float32)
    write("rgba_depth_7x5.exr", OpenEXR.PIZ_COMPRESSION, **half, Z=depth)
    write("rgba_7x5.exr", OpenEXR.ZIPS_COMPRESSION, **half)
    write("gray_7x5.exr", OpenEXR.RLE_COMPRESSION, Y=depth)
    write("words_7x5.exr", OpenEXR.NO_COMPRESSION, id=(x + 10 * y).astype(numpy.uint32))
    write("mixed_7x5.exr", OpenEXR.ZIP_COMPRESSION, Y=depth, id=(x + 10 * y).astype(numpy.uint32))


if __name__ == "__main__":
    main()
