"""A recording is known by what is in it; how long a WAV plays is written there."""

import struct

import pytest

from calls.twilio.sounds import NotAudio, seconds_of


def chunk(name, content):
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def wav(seconds, *, rate=8000, format=1, before=b"", claims=None):
    """As a studio would make it, or (format 7, µ-law) a telephone system."""
    header = chunk(b"fmt ", struct.pack("<HHIIHH", format, 1, rate, rate, 1, 8))
    samples = b"\x80" * int(seconds * rate)
    length = len(samples) if claims is None else claims
    body = b"WAVE" + header + before + b"data" + struct.pack("<I", length) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


FRAME = b"\xff\xfb\x90\x64" + b"\0" * 413
TAG = b"ID3\x04\0\0" + b"\0\0\x02\x01" + b"\0" * 257


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (wav(3), 3),
        (wav(2.01), 3),
        (wav(0.2), 1),
        (wav(4, format=7), 4),
        (wav(5, rate=44_100), 5),
        (wav(2, before=chunk(b"LIST", b"made by us")), 2),
        (wav(2, before=chunk(b"odd ", b"abc")), 2),
        (wav(2, claims=0xFFFFFFFF), 2),
        (wav(600), 600),
    ],
    ids=[
        "3 s",
        "a little over 2",
        "a moment",
        "mu-law",
        "studio",
        "with a note",
        "odd chunk",
        "streamed",
        "ten minutes",
    ],
)
def test_a_wav_says_how_long_it_plays(content, seconds):
    assert seconds_of(content, "wav") == seconds


@pytest.mark.parametrize("content", [FRAME, TAG + FRAME, TAG + b"\0" * 100 + FRAME, b"\xff\xf3\x40\xc4" + b"\0" * 100])
def test_an_mp3_is_known_and_does_not_say_how_long_it_plays(content):
    assert seconds_of(content, "mp3") is None


NO_AUDIO = [
    b"", b"\xff", b"\xff\xd8\xff\xe0JFIF", b"\x89PNG\r\n\x1a\n", b"<html><script>alert(1)</script>", b"GIF89a", b"WAVE",
    b"%PDF-1.7", b"MZ\x90\0", b"#!/bin/sh\n", b"PK\x03\x04", b"OggS", b"fLaC", b"RIFF\0\0\0\0AVI LIST", b"RIFF",
    b"ID3", b"ID3\x04\0\0\0\0\0\x05hello<html>", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + FRAME, b"ID3" + b"<script>" * 10,
    b"\xff\xff\xff\xff", b"\xff\xfd\x90\x64", b"\0" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("content", NO_AUDIO, ids=lambda content: ascii(content[:12]))
@pytest.mark.parametrize("extension", ["mp3", "wav", "html", ""])
def test_what_is_no_audio_is_not_taken_for_it(content, extension):
    with pytest.raises(NotAudio, match="neither MP3 nor WAV"):
        seconds_of(content, extension)


@pytest.mark.parametrize("extension", ["mp3", "html", "", "wav.html"])
def test_a_wav_is_called_wav(extension):
    with pytest.raises(NotAudio, match="This is WAV: give the file a name that ends in .wav."):
        seconds_of(wav(1), extension)


def test_an_mp3_is_called_mp3():
    with pytest.raises(NotAudio, match="This is MP3"):
        seconds_of(FRAME, "wav")


@pytest.mark.parametrize("content", [wav(0), wav(601, rate=800), b"RIFF\0\0\0\0WAVE", wav(3)[:30], wav(3, rate=0)])
def test_a_wav_without_an_end_or_a_beginning_is_not_taken(content):
    with pytest.raises(NotAudio, match="It plays for"):
        seconds_of(content, "wav")


def test_whatever_is_in_a_file_it_is_read_without_an_accident(rng):
    for _ in range(2_000):
        content = bytearray(rng.choice([wav(0.1), TAG + FRAME]))
        for _ in range(rng.randrange(1, 6)):
            content[rng.randrange(min(60, len(content)))] = rng.randrange(256)
        try:
            seconds = seconds_of(bytes(content[: rng.randrange(len(content) + 1)]), rng.choice(["mp3", "wav"]))
        except NotAudio:
            continue
        assert seconds is None or 0 < seconds <= 600
