"""The mirror: every call on the board as ready-made text, and a ring of those that left. Touched on the loop only."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from calls.live import frames

Audience = frozenset[tuple[int | None, bool]]
RING = 10_000


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


class Mirror:
    def __init__(self) -> None:
        self.start("", 0, [])

    def start(self, epoch: str, revision: int, cards: Iterable[Card]) -> None:
        """Begin anew: what is on the board now, and nothing known of what left before."""
        self.epoch, self.revision = epoch, revision
        self.cards = {card.id: card for card in cards if not card.off}
        self.ring: deque[tuple[int, UUID]] = deque()
        self.floor = revision

    def apply(self, revision: int, cards: Iterable[Card]) -> list[tuple[Card | None, Card]]:
        """Move on to `revision`. Returns (what was, what is) of each call that changed."""
        moved = []
        for card in cards:
            before = self.cards.get(card.id)
            if card.off:
                self.cards.pop(card.id, None)
                self.ring.append((card.revision, card.id))
            else:
                self.cards[card.id] = card
            moved.append((before, card))
        while len(self.ring) > RING:
            self.floor = max(self.floor, self.ring.popleft()[0])
        self.revision = revision
        return moved

    def snapshot(self, audience: Audience, revision: int) -> str:
        texts = (text for card in self.cards.values() if (text := card.text(audience)) is not None)
        return frames.snapshot(self.epoch, revision, texts)

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
