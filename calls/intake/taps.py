"""What runs beside a leg (recordings, transcriptions, media streams), given what was said of it: a fold over a set.

Nothing orders "paused" and "in-progress" of a recording: its callbacks have no number and no time. So only a look by
REST says that it is paused, and of two looks the one that was asked for later. Whatever else is said, it still records.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from calls.intake.moments import milliseconds, moment

KINDS = {"RE": "recording", "GT": "transcription", "MZ": "stream"}
# What was told, from weak to strong; "": only that it was asked for. From "stopped" on it is over for good.
WORDS = ("", "in-progress", "stopped", "failed", "absent", "completed")
SAID_ALIKE = {"paused": "in-progress", "processing": "stopped"}
RUNS, OVER = 1, 2
# Wishes that take a pause back. One of which nobody knows what became of it may still reach Twilio for so long.
RESUMES, PAUSES = ("resume_recording", "end_privacy"), ("pause", "privacy")
ON_ITS_WAY = timedelta(seconds=12)
CERTAIN = ("confirmed", "failed")


class TapState(NamedTuple):
    """All that is known of one of them; times in ms since 1970."""

    sid: str
    word: int = 0  # greatest
    first: int | None = None  # least
    over: int | None = None  # least over every end
    looked: tuple[int, int] | None = None  # greatest: when it was asked for, and whether it was paused then
    made: str = ""  # greatest: the wish that began it

    @property
    def kind(self) -> str:
        return KINDS[self.sid[:2]]

    @property
    def status(self) -> str:
        """A recording that is paused is so by the last look alone."""
        paused = self.word == RUNS and self.looked is not None and self.looked[1]
        return "paused" if paused else WORDS[self.word]

    @property
    def live(self) -> bool:
        return self.word < OVER

    @property
    def looked_at(self) -> datetime | None:
        return moment(self.looked[0]) if self.looked else None

    def seen(self, status: str, after: int) -> bool:
        """A look that was asked for after this moment says so."""
        return self.status == status and self.looked is not None and self.looked[0] > after


def told(sid: str, status: str, ms: int, *, looked: bool = False, made: str = "") -> TapState:
    """What one report says of it. `status`: Twilio's word, "" if it only says that there is such a thing."""
    word = WORDS.index(known) if (known := SAID_ALIKE.get(status, status)) in WORDS else RUNS
    ended = ms if word >= OVER else None
    return TapState(sid, word, ms, ended, (ms, int(status == "paused")) if looked else None, made)


def joined(a: tuple[TapState, ...], b: tuple[TapState, ...]) -> tuple[TapState, ...]:
    found = {tap.sid: tap for tap in map(TapState._make, a)}  # as stored they are plain tuples
    for tap in map(TapState._make, b):
        known = found.get(tap.sid)
        found[tap.sid] = tap if known is None else join(known, tap)
    return tuple(sorted(found.values(), key=lambda tap: tap.sid))


def join(a: TapState, b: TapState) -> TapState:
    return TapState(
        a.sid,
        max(a.word, b.word),
        min((ms for ms in (a.first, b.first) if ms is not None), default=None),
        min((ms for ms in (a.over, b.over) if ms is not None), default=None),
        max((look for look in (a.looked, b.looked) if look is not None), default=None),
        max(a.made, b.made),
    )


# What a desk may say of it -----------------------------------------------------------------------------------------


class Wished(Protocol):
    """An action, as far as it matters here."""

    @property
    def verb(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def sent_at(self) -> datetime | None: ...


def trusted_from(wishes: Iterable[Wished]) -> int:
    """Looks count from this moment on (ms): what was seen before a resume was sent says nothing about afterwards, and
    one without a certain outcome may reach Twilio later than it left."""
    found = 0
    for one in wishes:
        if one.verb in RESUMES and one.sent_at is not None:
            late = timedelta() if one.state in CERTAIN else ON_ITS_WAY
            found = max(found, milliseconds(one.sent_at + late))
    return found


Wish = TypeVar("Wish", bound=Wished)


def private_since(wishes: Iterable[Wish]) -> Wish | None:
    """The wish that switched privacy on, unless it was ended since. `wishes`: the newest first. One of which nobody
    knows counts as done: that it is on is what the supervisor meant."""
    last = next((one for one in wishes if one.verb in ("privacy", "end_privacy") and one.state not in UNDONE), None)
    return last if last is not None and last.verb == "privacy" else None


UNDONE = ("failed", "refused", "overtaken")
