"""A figure's PNG with a palette of at most 256 colours: a third of the bytes, so that a page goes by mail."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib

import numpy as np
from markupsafe import Markup

COLOURS = 256
PICTURE_DPI, SCREEN_DPI = 160, 102  # drawn finer than shown; canvas() then fills a page column
NO_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")
CHUNK = 4096  # colours compared with the palette at once


def indexed(png: bytes) -> bytes:
    """The same picture with its most frequent colours; every other pixel takes the nearest of them.

    Charts have few colours; the others are blends at the edges of lines and letters. What is transparent is white.
    """
    from matplotlib.image import imread  # slow import

    pixels = imread(io.BytesIO(png), format="png")
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.shape[2] == 4:
        pixels = pixels[:, :, :3] * pixels[:, :, 3:] + 1 - pixels[:, :, 3:]
    rgb = np.rint(pixels * 255).astype(np.uint32)
    packed = (rgb[:, :, 0] << 16) | (rgb[:, :, 1] << 8) | rgb[:, :, 2]
    found, inverse, counts = np.unique(packed, return_inverse=True, return_counts=True)
    palette = found[np.sort(np.argsort(-counts, kind="stable")[:COLOURS])]
    return _encode(_nearest(found, palette)[inverse.reshape(packed.shape)], _split(palette))


def shown_width(png: str) -> int:
    """Width at which a figure is shown: every figure at one scale, so that its type is of one size."""
    pixels = int.from_bytes(base64.b64decode(png[:40])[16:20], "big")
    return round(pixels * SCREEN_DPI / PICTURE_DPI)


def embedded(png: str) -> Markup:
    """A picture in base64 for an attribute, and nothing else: neither escaped nor searched for odd characters."""
    return Markup(NO_BASE64.sub("", png))


def _split(packed: np.ndarray) -> np.ndarray:
    return np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], axis=1).astype(np.int32)


def _nearest(colours: np.ndarray, palette: np.ndarray) -> np.ndarray:
    """Index in the palette of the colour nearest to each."""
    known = _split(palette)
    parts = (_split(colours[i:i + CHUNK]) for i in range(0, len(colours), CHUNK))
    return np.concatenate([((part[:, None] - known) ** 2).sum(2).argmin(1) for part in parts]).astype(np.uint8)


def _encode(indices: np.ndarray, palette: np.ndarray) -> bytes:
    """A PNG of palette indices (PNG specification, colour type 3, no filter)."""
    height, width = indices.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), indices]).tobytes()
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours, data = palette.astype(np.uint8).tobytes(), zlib.compress(rows, 9)
    body = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part)) for kind, part in body)
