"""Who listens to a leg: the verb that waits for keys or words, and whoever writes down what is said."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .clock import iso
from .conference_reports import speech

if TYPE_CHECKING:
    from .calls import Call
    from .exchange import Exchange

# After so many words, a listener has understood something.
PIECE = 4
Heard = tuple[str, str]
# Told of what is said: the track (inbound_track: the person on this leg), the words so far, and whether they are all.
Ear = Callable[[str, str, bool], None]


@dataclass(eq=False)
class Listening:
    """A verb that waits for a person: `kinds` are Digits, SpeechResult, or both."""

    kinds: frozenset[str] = frozenset({"Digits", "SpeechResult"})
    heard: "asyncio.Queue[Heard]" = field(default_factory=asyncio.Queue)

    def hear(self, kind: str, text: str) -> bool:
        """Whether this kind is waited for."""
        if kind in self.kinds:
            self.heard.put_nowait((kind, text))
        return kind in self.kinds


class Star(Listening):
    """Listens for one key only, with which a caller ends their Dial. Source: …/twiml/dial#hanguponstar"""

    def __init__(self, pressed: Callable[[], None]):
        super().__init__(frozenset({"Digits"}))
        self._pressed = pressed

    def hear(self, kind: str, text: str) -> bool:
        if kind == "Digits" and "*" in text:
            self._pressed()
        return kind == "Digits" and "*" in text


def key(call: "Call", digits: str) -> bool:
    """The person presses keys; nothing may be listening."""
    for fork in [*call.forks]:
        fork.key(digits)
    for other in company(call):
        if other.far_end is not None:
            key(other.far_end, digits)
    return call.listening is not None and call.listening.hear("Digits", digits)


def say(exchange: "Exchange", call: "Call", words: str) -> bool:
    """The person speaks; whether a verb was listening. Whoever they talk with hears it in any case."""
    spoken = words.split()
    _begin(exchange, call, words)
    if half := " ".join(spoken[: len(spoken) // 2]):
        _tell(call, half, whole=False)
    return _end(exchange, call, words)


async def say_slowly(exchange: "Exchange", call: "Call", words: str) -> bool:
    """As `say`, but it takes as long as it takes, and is heard piece by piece."""
    spoken, pace = words.split(), exchange.settings.timing.seconds_per_word
    _begin(exchange, call, words)
    for end in range(PIECE, len(spoken), PIECE):
        await exchange.clock.sleep(PIECE * pace)
        _tell(call, " ".join(spoken[:end]), whole=False)
    await exchange.clock.sleep(((len(spoken) - 1) % PIECE + 1) * pace)
    return _end(exchange, call, words)


def _begin(exchange: "Exchange", call: "Call", words: str) -> None:
    if call.seat is not None and not call.seat.left.done():
        speech(exchange, call.seat, len(words.split()) * exchange.settings.timing.seconds_per_word)


def _end(exchange: "Exchange", call: "Call", words: str) -> bool:
    call.said.append({"text": words, "at": iso(exchange.clock.now())})
    _tell(call, words, whole=True)
    for other in company(call):
        if other.far_end is not None:
            say(exchange, other.far_end, words)
    return call.listening is not None and call.listening.hear("SpeechResult", words)


def respond(exchange: "Exchange", call: "Call", listening: Listening, kind: str, text: str) -> None:
    """What a person does at a prompt, if it is still that prompt which listens."""
    if call.listening is listening:
        if kind == "Digits":
            key(call, text)
        else:
            say(exchange, call, text)


def _tell(call: "Call", words: str, *, whole: bool) -> None:
    for ear in [*call.ears]:
        ear("inbound_track", words, whole)
    for other in company(call):
        for ear in [*other.ears]:
            ear("outbound_track", words, whole)


def company(call: "Call") -> "list[Call]":
    """Who hears the person on this leg."""
    seat = call.seat
    if seat is not None and not seat.left.done():
        if seat.conference.status != "in-progress" or seat.muted or seat.hold:
            return []
        # A coach is heard by one only.
        others = [one for one in seat.conference.seats.values() if one is not seat and not one.hold]
        return [one.call for one in others if seat.coached_sid in (None, one.call.sid)]
    return [call.partner] if call.partner is not None and not call.partner.over else []
