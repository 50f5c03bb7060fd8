"""The snapshot put together from pieces is the board as it is, however the pieces came about."""

import gzip
import json
import zlib
from random import Random

import pytest

from calls.live import mirror as mirror_module
from calls.live import packing
from calls.live.hub import Hub
from calls.live.mirror import BUCKET, Mirror
from tests.guards import figure
from tests.live.floor import AUDIENCES, Clock, Floor, fresh, snapshot_of
from tests.live.reducer import whole


def by_id(snapshot: dict) -> dict:
    assert len({call["id"] for call in snapshot["calls"]}) == len(snapshot["calls"])
    return {call["id"]: whole(call) for call in snapshot["calls"]}


def a_floor(rng: Random, *, calls: int = 0) -> tuple[Floor, Hub]:
    floor, hub = Floor(rng), Hub(Mirror(), Clock())
    for _ in range(calls):
        floor.begin()
    hub.mirror.start("k3fq", floor.revision, floor.cards())
    return floor, hub


def tick(floor: Floor, hub: Hub) -> None:
    hub.tell(hub.mirror.apply(floor.revision, floor.cards(after=hub.mirror.revision)))


def test_after_whatever_happened_everybody_gets_the_board_as_it_is(rng, monkeypatch):
    """Calls come, go, move to other teams, are merged and reopened; some look often and some have not for long."""
    monkeypatch.setattr(mirror_module, "BUCKET", 3)
    for _ in range(figure(20)):
        floor, hub = a_floor(rng, calls=rng.randrange(30))
        for _ in range(40):
            for _ in range(rng.randrange(4)):
                floor.change()
            tick(floor, hub)
            for audience in rng.sample(AUDIENCES, 3):
                snapshot = snapshot_of(hub, audience)
                assert by_id(snapshot) == fresh(floor, audience)
                assert (snapshot["epoch"], snapshot["revision"]) == ("k3fq", hub.crowds[audience].position)
        for audience in AUDIENCES:
            assert by_id(snapshot_of(hub, audience)) == fresh(floor, audience)


def test_a_picture_stays_as_of_its_position_though_it_is_packed_when_the_board_has_moved_on(rng):
    for _ in range(figure(20)):
        floor, hub = a_floor(rng, calls=60)
        taken = [(hub.picture(audience), fresh(floor, audience)) for audience in AUDIENCES]
        for _ in range(10):
            floor.change()
        tick(floor, hub)
        for picture, then in taken:
            snapshot = json.loads(gzip.decompress(picture.gzipped()))
            assert (snapshot["revision"], by_id(snapshot)) == (picture.revision, then)


def test_only_what_changed_is_packed_again_and_not_for_each_audience(rng, monkeypatch):
    floor, hub = a_floor(rng, calls=20 * BUCKET)
    packed: list[bytes] = []
    monkeypatch.setattr(mirror_module.packing, "pack", lambda text: packed.append(text) or pack(text))
    masked, full = AUDIENCES[4], AUDIENCES[5]
    assert not hub.picture(masked).quick
    hub.picture(masked).gzipped()
    whole = len(packed)
    assert whole > 15
    hub.picture(masked).gzipped()
    hub.picture(frozenset({(1, False)})).gzipped()
    assert len(packed) == whole
    hub.picture(full).gzipped()
    assert len(packed) == 2 * whole
    packed.clear()
    floor.hold(rng.choice(floor.live()))
    tick(floor, hub)
    for audience in (masked, full):
        assert hub.picture(audience).quick
        hub.picture(audience).gzipped()
    assert len(packed) == 2


def test_calls_that_leave_make_room_for_those_that_come(rng):
    """A floor of a thousand that shrinks and grows all day keeps its pieces large."""
    floor, hub = a_floor(rng, calls=10 * BUCKET)
    for _ in range(3):
        for call in rng.sample(floor.live(), 5 * BUCKET):
            floor.end(call, "completed")
        for _ in range(5 * BUCKET):
            floor.begin()
        tick(floor, hub)
    everybody = AUDIENCES[5]
    assert len(hub.picture(everybody).parcels) <= 18  # full ones would be 10, and the last of each of four teams
    for call in floor.live():
        floor.end(call, "completed")
    tick(floor, hub)
    assert hub.picture(everybody).parcels == []
    assert snapshot_of(hub, everybody)["calls"] == []


pack = packing.pack


def test_pieces_of_any_size_are_one_gzip_stream(rng):
    for _ in range(figure(50)):
        texts = [json.dumps(["x" * rng.randrange(3_000)] * rng.randrange(60)) for _ in range(rng.randrange(9))]
        stream = packing.gzipped(b'{"calls":[', [pack(text.encode()) for text in texts], b"]}")
        assert json.loads(gzip.decompress(stream)) == {"calls": [json.loads(text) for text in texts]}
        member = zlib.decompressobj(zlib.MAX_WBITS + 16)  # one member, and nothing after it
        assert member.decompress(stream) and member.eof and not member.unused_data


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 70_000, 2**32 + 5])
def test_a_checksum_is_carried_over_any_distance(rng, size):
    """Against zlib's own, as far as that is quick."""
    crc = rng.getrandbits(32)
    by_halves = packing.carried(packing.carried(crc, size // 2), size - size // 2)
    assert packing.carried(crc, size) == by_halves
    if size < 2**20:
        zeros = bytes(size)
        assert packing.carried(crc, size) == zlib.crc32(zeros, crc) ^ zlib.crc32(zeros)
