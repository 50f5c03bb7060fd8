"""The mirror: every call on the board as ready-made text, and a ring of those that left. Touched on the loop only."""

import gzip
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from calls.live import frames, packing

Audience = frozenset[tuple[int | None, bool]]
RING = 10_000
BUCKET = 32  # calls: one that changed is packed again with at most 31 others; with fewer the whole would be larger
QUICK = 4  # buckets


@dataclass(frozen=True, slots=True)
class Card:
    """One call as it is now. `off`: it left the board and this is its last body (none if it was merged away)."""

    id: UUID
    revision: int
    team: int | None
    masked: str | None
    full: str | None
    off: bool = False

    def text(self, audience: Audience) -> str | None:
        """The body for this audience; None if it may not see the call."""
        if (self.team, True) in audience:
            return self.full
        return self.masked if (self.team, False) in audience else None


def in_order(audience: Audience) -> list[tuple[int | None, bool]]:
    return sorted(audience, key=str)


class Parcel:
    """Bodies as they were at one moment, packed by the first who needs them so; any thread may."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts: list[str] = list(texts)
        self._piece: packing.Piece | None = None

    @property
    def packed(self) -> bool:
        return self._piece is not None

    @property
    def piece(self) -> packing.Piece:
        texts = self._texts  # before the look at the piece: another thread may be done in between
        if self._piece is None:
            self._piece = packing.pack(",".join(texts).encode())
            self._texts = []
        return self._piece


class Bucket:
    """Some calls of one team. What was made of them holds until one of them changes."""

    def __init__(self, team: int | None) -> None:
        self.team = team
        self.cards: dict[UUID, Card] = {}
        self._parcels: dict[bool, Parcel] = {}

    def put(self, card: Card) -> None:
        self.cards[card.id] = card
        self._parcels = {}

    def drop(self, call: UUID) -> None:
        del self.cards[call]
        self._parcels = {}

    def parcel(self, *, full: bool) -> Parcel:
        if full not in self._parcels:
            self._parcels[full] = Parcel((card.full if full else card.masked) or "" for card in self.cards.values())
        return self._parcels[full]


class Shelf:
    """The calls on the board by team, in buckets: people who see the same team share what was packed of it."""

    def __init__(self) -> None:
        self._at: dict[UUID, Bucket] = {}
        self._buckets: dict[int | None, dict[Bucket, None]] = defaultdict(dict)
        self._roomy: dict[int | None, dict[Bucket, None]] = defaultdict(dict)

    def put(self, card: Card) -> None:
        bucket = self._at.get(card.id)
        if bucket is None or bucket.team != card.team:
            self.drop(card.id)
            bucket = self._at[card.id] = self._with_room(card.team)
        bucket.put(card)
        if len(bucket.cards) >= BUCKET:
            self._roomy[card.team].pop(bucket, None)

    def drop(self, call: UUID) -> None:
        bucket = self._at.pop(call, None)
        if bucket is None:
            return
        bucket.drop(call)
        self._roomy[bucket.team].pop(bucket, None)
        if bucket.cards:
            self._roomy[bucket.team][bucket] = None
        else:
            del self._buckets[bucket.team][bucket]

    def _with_room(self, team: int | None) -> Bucket:
        """The one that lost a call last, if there is any: it has to be packed again anyhow."""
        if self._roomy[team]:
            return next(reversed(self._roomy[team]))
        bucket = Bucket(team)
        self._buckets[team][bucket] = self._roomy[team][bucket] = None
        return bucket

    def parcels(self, audience: Audience) -> list[Parcel]:
        return [
            bucket.parcel(full=full)
            for team, full in in_order(audience)
            if full or (team, True) not in audience
            for bucket in self._buckets.get(team, ())
        ]


@dataclass
class Picture:
    """The board for one audience at one position, and the bytes of it as soon as somebody has packed them."""

    epoch: str
    revision: int
    audience: Audience
    parcels: list[Parcel]
    ready: bytes | None = None

    @property
    def etag(self) -> str:
        teams = ".".join(
            f"{'-' if team is None else team}{'f' if full else 'm'}" for team, full in in_order(self.audience)
        )
        return f'"{self.epoch}.{self.revision}.{teams}"'

    @property
    def quick(self) -> bool:
        """Whether `gzipped` takes a millisecond or so; else it is not for the loop."""
        return sum(not parcel.packed for parcel in self.parcels) <= QUICK

    def gzipped(self) -> bytes:
        if self.ready is None:
            before, after = frames.around_snapshot(self.epoch, self.revision)
            self.ready = packing.gzipped(before.encode(), [parcel.piece for parcel in self.parcels], after.encode())
        return self.ready

    def plain(self) -> bytes:
        return gzip.decompress(self.gzipped())


class Mirror:
    def __init__(self) -> None:
        self.start("", 0, [])

    def start(self, epoch: str, revision: int, cards: Iterable[Card]) -> None:
        """Begin anew: what is on the board now, and nothing known of what left before."""
        self.epoch, self.revision = epoch, revision
        self.cards = {card.id: card for card in cards if not card.off}
        self._shelf = Shelf()
        for card in self.cards.values():
            self._shelf.put(card)
        self.ring: deque[tuple[int, UUID]] = deque()
        self.floor = revision

    def apply(self, revision: int, cards: Iterable[Card]) -> list[tuple[Card | None, Card]]:
        """Move on to `revision`. Returns (what was, what is) of each call that changed."""
        moved = []
        for card in cards:
            before = self.cards.get(card.id)
            if card.off:
                self.cards.pop(card.id, None)
                self._shelf.drop(card.id)
                self.ring.append((card.revision, card.id))
            else:
                self.cards[card.id] = card
                self._shelf.put(card)
            moved.append((before, card))
        while len(self.ring) > RING:
            self.floor = max(self.floor, self.ring.popleft()[0])
        self.revision = revision
        return moved

    def picture(self, audience: Audience, revision: int) -> Picture:
        return Picture(self.epoch, revision, audience, self._shelf.parcels(audience))

    def since(self, revision: int, audience: Audience) -> tuple[list[str], list[str]] | None:
        """(bodies, gone ids) of all that changed after `revision`; None if that is further back than the ring.

        What this audience may not see is named in gone, because it may have seen it then: the call may have ended,
        changed team or been merged. An id that the browser does not hold means nothing to it.
        """
        if revision < self.floor:
            return None
        bodies: list[str] = []
        gone: set[UUID] = set()
        for card in self.cards.values():
            if card.revision > revision:
                text = card.text(audience)
                if text is None:
                    gone.add(card.id)
                else:
                    bodies.append(text)
        # The ring is in the order of departure, newest last.
        for left, call in reversed(self.ring):
            if left <= revision:
                break
            if call not in self.cards:
                gone.add(call)
        return bodies, [str(call) for call in gone]
