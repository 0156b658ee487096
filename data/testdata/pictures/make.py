"""Writes a small picture of each kind that people have, and beside it what
torchvision's default loader makes of it, for TestTorchvision.

    python3 make.py

NAME.png or NAME.jpg is the picture. want/NAME.png is its pixels, and
want/NAME.crop.png every 14th pixel of every 14th row after Resize(256) and
CenterCrop(224). NAME.R-G-B is the picture over that background. Pictures in
refused/ are of kinds that are not read.

Written with Debian 12: Pillow 9.4 with libjpeg-turbo 2.1.5, torchvision 0.14, and
cjpeg of libjpeg-turbo-progs. All pictures are made up here.
"""

import io
import os
import struct
import subprocess
import zlib

import numpy as np
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, Resize

HERE = os.path.dirname(os.path.abspath(__file__))
WANT = os.path.join(HERE, "want")
HEIGHT, WIDTH = 37, 45  # odd, so that the last samples of chroma are shared by one pixel

resize = Compose([Resize(256), CenterCrop(224)])


def scene():
    """Colours that change slowly, with discs of others on them, hard-edged."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    rgb = np.stack([60 + 3 * x, 200 - 3 * y, 90 + x + y], -1).astype(float)
    for top, left, radius, colour in [(12, 13, 8, (250, 20, 10)), (25, 32, 7, (10, 30, 240)), (9, 35, 6, (255, 255, 255)), (30, 10, 5, (0, 0, 0))]:
        rgb[(y - top) ** 2 + (x - left) ** 2 < radius**2] = colour
    rgb += 6 * np.sin(x * y / 9)[..., None]
    return np.clip(rgb, 0, 255).astype(np.uint8)


RGB = scene()
GREY = np.asarray(Image.fromarray(RGB).convert("L"))
INSIDE = (np.mgrid[:HEIGHT, :WIDTH][0] - 18) ** 2 + (np.mgrid[:HEIGHT, :WIDTH][1] - 22) ** 2
# Opaque inside of a disc, nothing outside of a larger one, where all is white.
ALPHA = np.clip(255 - (INSIDE - 120) * 1.5, 0, 255).astype(np.uint8)
DRAWN = np.where(ALPHA[..., None] == 0, 255, RGB).astype(np.uint8)
DRAWN_GREY = np.where(ALPHA == 0, 255, GREY).astype(np.uint8)


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def rows(samples, depth):
    """The rows of a PNG, unfiltered, of samples height × width × channels."""
    out = b""
    for row in samples:
        if depth == 16:
            packed = row.astype(">u2").tobytes()
        elif depth == 8:
            packed = row.astype(np.uint8).tobytes()
        else:
            bits = (row.reshape(-1, 1) >> np.arange(depth - 1, -1, -1)) & 1
            packed = np.packbits(bits.astype(np.uint8)).tobytes()
        out += b"\0" + packed
    return out


def png(samples, depth, kind, extra=b"", interlaced=False):
    samples = np.asarray(samples)
    if samples.ndim == 2:
        samples = samples[..., None]
    height, width = samples.shape[:2]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
        data = b"".join(rows(samples[t::down, l::across], depth) for t, l, down, across in passes)
    else:
        data = rows(samples, depth)
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def wide(samples):
    """16 bits, whose lower halves are noise."""
    noise = np.random.RandomState(1).randint(0, 256, samples.shape)
    return samples.astype(int) * 256 + noise


def jpeg(picture, **options):
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def cjpeg(*options):
    ppm = b"P6 %d %d 255\n" % (WIDTH, HEIGHT) + RGB.tobytes()
    return subprocess.run(["cjpeg", "-quality", "90", *options], input=ppm, stdout=subprocess.PIPE, check=True).stdout


def segment(contents, marker):
    """Where a JPEG segment begins and ends."""
    at = 2
    while contents[at + 1] != marker:
        at += 2 + struct.unpack(">H", contents[at + 2 : at + 4])[0]
    return at, at + 2 + struct.unpack(">H", contents[at + 2 : at + 4])[0]


def write(path, contents):
    with open(os.path.join(HERE, path), "wb") as f:
        f.write(contents)


def want(name, picture):
    """Writes what is wanted of a picture: if it is small, all of it."""
    pixels = np.asarray(picture)
    if pixels.size < 10000:
        Image.fromarray(pixels).save(os.path.join(WANT, name + ".png"), optimize=True)
    crop = np.asarray(resize(picture))[::14, ::14]
    Image.fromarray(np.ascontiguousarray(crop)).save(os.path.join(WANT, name + ".crop.png"), optimize=True)


def keep(name, contents, backgrounds=()):
    """Writes a picture and what torchvision makes of it."""
    write(name, contents)
    picture = Image.open(io.BytesIO(contents))
    if picture.mode == "I":
        # PIL keeps 16 bits and then makes white of all that is above 255: the one
        # kind in which hypnos does not follow it.
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    stem = name.rsplit(".", 1)[0]
    want(stem, picture.convert("RGB"))
    for colour in backgrounds:
        ground = Image.new("RGBA", picture.size, colour + (255,))
        ground.alpha_composite(picture.convert("RGBA"))
        want(stem + ".%d-%d-%d" % colour, ground.convert("RGB"))


def pngs():
    colours = [(255, 255, 255), (20, 200, 90)]
    keep("rgb.png", png(RGB, 8, 2))
    keep("interlaced.png", png(RGB, 8, 2, interlaced=True))
    keep("grey.png", png(GREY, 8, 0))
    for depth in 1, 2, 4:
        keep("grey%d.png" % depth, png(GREY >> (8 - depth), depth, 0))
    keep("rgba.png", png(np.dstack([DRAWN, ALPHA]), 8, 6), colours)
    keep("greyalpha.png", png(np.dstack([DRAWN_GREY, ALPHA]), 8, 4), colours)
    keep("rgb16.png", png(wide(RGB), 16, 2))
    keep("grey16.png", png(wide(GREY), 16, 0))
    keep("rgba16.png", png(wide(np.dstack([DRAWN, ALPHA])), 16, 6), colours)
    keep("greyalpha16.png", png(wide(np.dstack([DRAWN_GREY, ALPHA])), 16, 4), colours)

    palette = Image.fromarray(DRAWN).quantize(16, dither=Image.Dither.NONE)
    entries = bytes(palette.getpalette()[:48])
    plte = chunk(b"PLTE", entries)
    index = np.asarray(palette)
    keep("palette.png", png(index, 8, 3, plte))
    keep("palette4.png", png(index, 4, 3, plte))
    keep("palettealpha.png", png(index, 4, 3, plte + chunk(b"tRNS", bytes(range(0, 240, 20)))), colours)
    keep("rgbkey.png", png(DRAWN, 8, 2, chunk(b"tRNS", struct.pack(">3H", 255, 255, 255))), colours)
    keep("greykey.png", png(DRAWN_GREY, 8, 0, chunk(b"tRNS", struct.pack(">H", 255))), colours)

    # Sizes at which resizing rounds or has little to go by.
    for height, width in (1, 1), (1, 40), (40, 1), (256, 256), (300, 257), (131, 340):
        y, x = np.mgrid[:height, :width]
        keep("size%dx%d.png" % (height, width), png(np.stack([8 * x, 8 * y, 4 * x + 12 * y], -1) % 256, 8, 2))


def jpegs():
    colour, grey = Image.fromarray(RGB), Image.fromarray(GREY)
    keep("greyscale.jpg", jpeg(grey))
    keep("progressive.jpg", jpeg(colour, progressive=True))
    keep("exif.jpg", jpeg(colour, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"))
    for name, sampling in {
        "444": "1x1", "422": "2x1", "420": "2x2", "440": "1x2", "411": "4x1", "410": "4x2",
        "221112": "2x2,1x1,1x2", "112121": "1x1,2x1,2x1", "222111": "2x2,2x1,1x1", "141111": "1x4,1x1,1x1",
        "222121": "2x2,2x1,2x1", "221122": "2x2,1x1,2x2", "241111": "2x4,1x1,1x1",
    }.items():
        keep("s%s.jpg" % name, cjpeg("-sample", sampling))
    write("refused/s221112progressive.jpg", cjpeg("-progressive", "-sample", "2x2,1x1,1x2"))
    write("refused/s3x1.jpg", cjpeg("-sample", "3x1"))
    write("refused/arithmetic.jpg", cjpeg("-arithmetic"))
    keep("untransformed.jpg", cjpeg("-rgb"))

    inks = Image.fromarray(np.dstack([255 - RGB, GREY // 3]), "CMYK")
    contents = jpeg(inks)
    keep("cmyk.jpg", contents)
    start, end = segment(contents, 0xEE)
    keep("cmykplain.jpg", contents[:start] + contents[end:])
    # The same with Y Cb Cr in place of the inks, which PIL writes inverted.
    ycc = np.asarray(colour.convert("YCbCr"))
    contents = bytearray(jpeg(Image.fromarray(np.dstack([255 - ycc, GREY // 3]), "CMYK")))
    contents[segment(contents, 0xEE)[1] - 1] = 2
    keep("ycck.jpg", bytes(contents))


if __name__ == "__main__":
    os.makedirs(WANT, exist_ok=True)
    os.makedirs(os.path.join(HERE, "refused"), exist_ok=True)
    pngs()
    jpegs()
