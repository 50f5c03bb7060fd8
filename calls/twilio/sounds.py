"""What Twilio can play: MP3 and WAV, known by what is in the file. Pure."""

import re

HOW_MP3_BEGINS = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")  # a frame of layer III: MPEG 2.5, 2 or 1
LONGEST = 10 * 60  # seconds


class NotAudio(ValueError):
    """Not a recording that can be played. `str(error)` says why, in words."""


def seconds_of(content: bytes, extension: str) -> int | None:
    """How long it plays, rounded up; None for an MP3, which does not say. Raises NotAudio.

    `extension` (mp3 or wav) has to be what the content is: by it the player is told what comes.
    """
    kind = "wav" if content[:4] == b"RIFF" and content[8:12] == b"WAVE" else "mp3" if begins_as_mp3(content) else ""
    if not kind:
        raise NotAudio("This is neither MP3 nor WAV, whatever it is called.")
    if kind != extension:
        raise NotAudio(f"This is {kind.upper()}: give the file a name that ends in .{kind}.")
    if kind == "mp3":
        return None
    seconds = seconds_of_wav(content)
    if not 0 < seconds <= LONGEST:
        raise NotAudio(f"It plays for {seconds} seconds. From 1 to {LONGEST} are possible.")
    return seconds


def begins_as_mp3(content: bytes) -> bool:
    """A frame, or tags (ID3v2: ten bytes, four of them the length in sevens of bits) and then a frame."""
    start = 0
    if content[:3] == b"ID3" and len(content) > 10:
        a, b, c, d = content[6:10]
        start = 10 + (a << 21 | b << 14 | c << 7 | d)
    return HOW_MP3_BEGINS.match(content[start : start + 4096].lstrip(b"\0")) is not None


def seconds_of_wav(content: bytes) -> int:
    """The length of its samples by the bytes a second that its format names; 0 if it has none of either."""
    place, rate = 12, 0
    while place + 8 <= len(content):
        name, length = content[place : place + 4], int.from_bytes(content[place + 4 : place + 8], "little")
        if name == b"fmt ":
            rate = int.from_bytes(content[place + 16 : place + 20], "little")
        if name == b"data":
            # Written while it was recorded, it may claim any length: what is there counts.
            there = min(length, len(content) - place - 8)
            return -(-there // rate) if rate else 0
        place += 8 + length + length % 2
    return 0
