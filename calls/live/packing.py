"""A gzip stream of JSON, put together from pieces that were packed one by one, at different times. Pure.

A deflate stream that was flushed ends on a whole byte and looks back at nothing before its own beginning, so such
streams one after the other are one stream. What is left is the checksum of the whole. It follows from those of the
pieces and their sizes (as in zlib's own `crc32_combine`, which Python does not offer); so that few sizes occur, each
piece is filled up with spaces, which mean nothing after a JSON value.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

START = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"  # RFC 1952: deflate, no name, no time, packed fast, any system
END = b"\x03\x00"  # RFC 1951: a last block with nothing in it
ROUND = 1024
POLYNOMIAL = 0xEDB88320


@dataclass(frozen=True, slots=True)
class Piece:
    packed: bytes
    size: int
    crc: int


def pack(text: bytes) -> Piece:
    text += b" " * (-len(text) % ROUND)
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Piece(deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH), len(text), zlib.crc32(text))


def gzipped(before: bytes, pieces: Iterable[Piece], after: bytes) -> bytes:
    """`before`, the pieces with a comma between them, `after`."""
    out, crc, size, between = [START, stored(before)], zlib.crc32(before), len(before), b""
    for piece in pieces:
        out += (stored(between), piece.packed)
        crc = carried(zlib.crc32(between, crc), piece.size) ^ piece.crc
        size += len(between) + piece.size
        between = b","
    out += (stored(after), END, struct.pack("<II", zlib.crc32(after, crc), (size + len(after)) & 0xFFFFFFFF))
    return b"".join(out)


def stored(text: bytes) -> bytes:
    """A block of deflate with this text as it is: fewer than 64 KB."""
    return struct.pack("<BHH", 0, len(text), len(text) ^ 0xFFFF) + text if text else b""


# Checksums are polynomials over two elements, modulo one of degree 32; x⁰ is the highest bit -----------------------


def carried(crc: int, size: int) -> int:
    """The checksum of a text, before that of another one of this size is added to it: times x to its bits."""
    lowest, low, high, highest = table(size)
    return lowest[crc & 255] ^ low[crc >> 8 & 255] ^ high[crc >> 16 & 255] ^ highest[crc >> 24]


@lru_cache(256)
def table(size: int) -> list[list[int]]:
    """For each of the four bytes of a checksum and each value of it: what `carried` makes of that."""
    images = [power(8 * size)]
    while len(images) < 32:
        images.append(times_x(images[-1]))
    made = []
    for byte in range(4):
        column = [0]
        for image in images[::-1][8 * byte : 8 * byte + 8]:
            column += [entry ^ image for entry in column]
        made.append(column)
    return made


def power(n: int) -> int:
    """xⁿ"""
    if n == 0:
        return 1 << 31
    half = power(n // 2)
    return times_x(times(half, half)) if n % 2 else times(half, half)


def times(a: int, b: int) -> int:
    product = 0
    for bit in range(31, -1, -1):
        product ^= b if a >> bit & 1 else 0
        b = times_x(b)
    return product


def times_x(a: int) -> int:
    return a >> 1 ^ POLYNOMIAL if a & 1 else a >> 1
