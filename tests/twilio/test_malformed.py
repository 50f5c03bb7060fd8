"""Whatever is in a request, signed or not: a 4xx at once, never a 5xx, and no memory kept."""

import gc
import os
import random
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlencode

import psutil
import pytest
from django.core.handlers.asgi import ASGIRequest

from calls.twilio.reports import Source
from calls.twilio.signature import MAX_BODY, _let_in
from tests.guards import figure, patience
from tests.twilio.wire import FORM, RINGING, Wire, door_of, post

status_door, voice_door = door_of("status"), door_of("voice")
Rng = random.Random


def raw(body: bytes, content_type: str = FORM) -> Wire:
    """Not signed, and no signature could be computed for most of these."""
    return Wire(body, headers=(("content-type", content_type), ("x-twilio-signature", "A" * 28)))


def noise(rng: Rng, size: int) -> bytes:
    return rng.randbytes(rng.randrange(1, size))


def bad_utf8(rng: Rng) -> Wire:
    at = rng.choice([b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80"])
    text = at if rng.random() < 0.5 else quote_from_bytes(at).encode()
    body = post(RINGING).body
    return raw(body + b"&Note=" + text if rng.random() < 0.5 else text + b"=1&" + body)


def nul(rng: Rng) -> Wire:
    name, value = rng.choice([("Note", "a\0b"), ("No\0te", "x"), ("From", "\0"), ("CallStatus", "ringing\0")])
    return post([pair for pair in RINGING if pair[0] != name] + [(name, value)])


def many_fields(rng: Rng) -> Wire:
    return post([*RINGING, *((f"Field{number}", "x") for number in range(rng.choice((200, 1_001, 3_000))))])


def too_large(rng: Rng) -> Wire:
    return post([*RINGING, ("Note", "x" * rng.choice((MAX_BODY, 200_000, 2_000_000)))])


def long_value(rng: Rng) -> Wire:
    name = rng.choice(["From", "To", "FriendlyName", "CallStatus", "CallSid", "Timestamp", "SequenceNumber"])
    return post([pair for pair in RINGING if pair[0] != name] + [(name, rng.choice("x1+") * 60_000)])


def deep(rng: Rng) -> Wire:
    return post([*RINGING, ("a" + "[b]" * rng.randrange(1, 5_000), "x")])


def wrong_charset(rng: Rng) -> Wire:
    charset = rng.choice(["utf-16", "latin-1", "utf-7", "x" * 1_000, "utf-8; charset=utf-16", ""])
    return post(RINGING).with_header("Content-Type", f"application/x-www-form-urlencoded; charset={charset}")


def wrong_type(rng: Rng) -> Wire:
    kinds = [
        "application/json",
        "text/plain",
        "",
        "multipart/form-data",
        "application/x-www-form-urlencoded+x",
        ";",
        "é",
    ]
    return post(RINGING).with_header("Content-Type", rng.choice(kinds))


def many_headers(rng: Rng) -> Wire:
    wire = post(RINGING, token="forged")
    return wire.but(headers=(*wire.headers, *((f"x-{number}", "v") for number in range(10_000))))


def repeated(rng: Rng) -> Wire:
    name, value = rng.choice(RINGING)
    return post([*RINGING, (name, value + rng.choice(["", "x"]))])


def wrong_form(rng: Rng) -> Wire:
    """Signed, and no sense in it."""
    name = rng.choice([name for name, _ in RINGING if name not in ("Direction", "From", "To", "Timestamp")])
    value = rng.choice(
        ["", "X", " ", "-1", "1e9", "𝟙", "٣", "AC" + "g" * 32, "../..", "ringing ", "%s", "\u202e", "[]"]
    )
    return post([*(pair for pair in RINGING if pair[0] != name), (name, value or "0x")])


def odd_name(rng: Rng) -> Wire:
    name = rng.choice(["", " ", "1a", "a b", "a=b", "a&b", "é", "/", "-x", "x" * 101, "a\nb", "__proto__[x]"])
    return post([*RINGING, (name, "x")])


def any_bytes(rng: Rng) -> Wire:
    return raw(noise(rng, 3_000))


def cut_short(rng: Rng) -> Wire:
    wire = post(RINGING)
    return wire.but(body=wire.body[: rng.randrange(len(wire.body) - 1)])


def odd_query(rng: Rng) -> Wire:
    queries = [
        "role=boss",
        "call=1",
        "call=" + "x" * 36,
        "a=../..",
        "ROLE=agent",
        "role=agent&role=bot",
        "step=A",
        "visit=%00",
    ]
    queries += ["=", "%FF=1", "step=" + "s" * 65, "&".join(f"q{n}=1" for n in range(60)), "AccountSid=AC1", "1=2"]
    return post(RINGING, query=rng.choice(queries))


KINDS: list[Callable[[Rng], Wire]] = [
    bad_utf8, nul, many_fields, too_large, long_value, deep, wrong_charset, wrong_type, many_headers, repeated,
    wrong_form, odd_name, any_bytes, cut_short, odd_query,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_malformed_request_is_refused_at_once(kind: Callable[[Rng], Wire], rng: Rng) -> None:
    """3,000 of them in all, without SOAK a tenth."""
    for _ in range(figure(200)):
        wire = kind(rng)
        began = time.thread_time()
        status, said, report = status_door(wire)
        took = time.thread_time() - began
        assert (status in (400, 403, 413), report) == (True, None), wire
        assert len(said) < 100 and said.isprintable()
        assert took < patience(0.2), (took, wire)


def test_a_malformed_query_is_refused_at_once(rng: Rng) -> None:
    for _ in range(figure(2_000)):
        query = rng.randbytes(rng.randrange(20, 200)).decode("latin-1").encode("ascii", "replace").decode()
        for wire in (
            Wire(method="GET", path="/twilio/voice/", query=query).signed([]),
            post(RINGING, "/twilio/voice/", query),
        ):
            status, _, report = voice_door(wire)
            assert (status in (400, 403), report) == (True, None), query


def test_thousands_of_malformed_requests_leave_nothing_behind(rng: Rng) -> None:
    wires = [kind(rng) for kind in KINDS for _ in range(2)]
    process = psutil.Process(os.getpid())

    def all_of_them() -> None:
        for wire in wires:
            status_door(wire)
        gc.collect()

    all_of_them()
    before = process.memory_info().rss
    for _ in range(figure(200)):
        all_of_them()
    assert process.memory_info().rss - before < 20_000_000


@pytest.mark.parametrize("bad", [b"%FF", b"%C3(", b"%ED%A0%80", b"\xff"])
def test_bytes_that_are_no_text_are_not_made_text(bad: bytes) -> None:
    """Signed for the question mark that a lenient parser would put in their place."""
    lenient = unquote_to_bytes(bad).decode("utf-8", "replace")
    wire = post([*RINGING, ("Note", lenient)])
    assert status_door(wire)[0] == 204
    assert status_door(wire.but(body=post(RINGING).body + b"&Note=" + bad))[0] == 400


class Stream(BytesIO):
    """A body without an announced length, of which we count what is read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        got = super().read(size)
        self.taken += len(got)
        return got


def knock_with(stream: Any, headers: list[tuple[bytes, bytes]]) -> int:
    scope = {"type": "http", "method": "POST", "path": "/twilio/status/", "query_string": b"", "headers": headers}
    response = _let_in(ASGIRequest(scope, stream), "status", Source.CALLBACK, ("POST",))  # type: ignore[arg-type]
    return response.status_code if response else 204


def test_a_body_without_a_length_is_read_no_further_than_the_limit() -> None:
    stream = Stream(b"a=" + b"x" * 2_000_000)
    assert knock_with(stream, [(b"content-type", FORM.encode())]) == 413
    assert stream.taken <= MAX_BODY + 1


@pytest.mark.parametrize("length", [b"abc", b"-1", b"0", b"99999999999999999999", b""])
def test_the_length_that_is_announced_does_not_matter(length: bytes) -> None:
    wire = post(RINGING)
    headers = [(name.encode(), value.encode()) for name, value in wire.headers]
    assert knock_with(BytesIO(wire.body), [*headers, (b"content-length", length)]) == 204


class Broken(BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError("the line is dead")


def test_a_connection_that_breaks_is_refused() -> None:
    assert knock_with(Broken(), [(b"content-type", FORM.encode())]) == 403


@pytest.mark.parametrize("size", [MAX_BODY, MAX_BODY + 1])
def test_sixty_four_kibibytes_and_no_more(size: int) -> None:
    rest = size - len(urlencode([*RINGING, ("Note", "")]))
    assert status_door(post([*RINGING, ("Note", "x" * rest)]))[0] == (204 if size == MAX_BODY else 413)
