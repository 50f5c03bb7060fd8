"""What a verb can see and use while it is performed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from .calls import Call
from .exchange import Exchange
from .line import Source
from .twiml import Document, Verb


class Next(Enum):
    """What a verb says about the way on, where it does not name the next document."""

    VERB = "the verb after this one"
    HANG_UP = "nothing more: the call is over"
    LEAVE = "out of the queue, in whose wait document it stood"


Step = Source | Next


@dataclass(frozen=True, slots=True)
class Stage:
    """One verb's turn in one call. `live` and `perform` run whole documents, for the legs that a verb makes."""

    exchange: Exchange
    call: Call
    document: Document
    place: int
    live: Callable[[Exchange, Call, Source], Awaitable[None]]
    perform: Callable[..., Awaitable[Next]]

    @property
    def following(self) -> Verb | None:
        after = self.document.verbs[self.place + 1 :]
        return after[0] if after else None

    def source(self, url: str, method: str, purpose: str, extra: tuple[tuple[str, str], ...] = ()) -> Source:
        """A document that this one points to."""
        return Source(self.document.absolute(url), method or "POST", extra=extra, purpose=purpose)

    def note(self, code: int, detail: str = "") -> None:
        self.exchange.note(code, subject=self.call.sid, url=self.document.base, detail=detail)


Perform = Callable[[Stage, Verb], Awaitable[Step]]
