"""What two people say to one another, turn by turn, for as long as they are connected.

The script is one person's and has both halves: what they say, and what they are answered. Whoever transcribes either
leg hears it as it is said. Put on hold or handed on, they go on where they were.
"""

import asyncio
from typing import TYPE_CHECKING

from .listening import company, key, say_slowly
from .ways import Turn

if TYPE_CHECKING:
    from .calls import Call
    from .exchange import Exchange

# Between two turns.
BREATH = 0.8


class Conversation:
    def __init__(self, exchange: "Exchange", call: "Call", turns: tuple[Turn, ...]):
        self._exchange, self._call, self._turns = exchange, call, turns
        self._place = 0
        self._talking: asyncio.Task[None] | None = None
        self._greeting: asyncio.Task[bool] | None = None

    @property
    def goes_on(self) -> bool:
        return self._talking is not None and not self._talking.done()

    def greet(self, words: str) -> None:
        """Said to nobody in particular, as a machine does."""
        self._greeting = self._exchange.spawn(say_slowly(self._exchange, self._call, words))

    def go_on(self) -> None:
        # Of two who have a script each, one follows the other's.
        if not self.goes_on and not any(_leads(other) for other in company(self._call)):
            self._talking = self._exchange.spawn(self._talk())

    def break_off(self) -> None:
        if self._talking is not None:
            self._talking.cancel()
            self._talking = None

    def end(self) -> None:
        self.break_off()
        if self._greeting is not None:
            self._greeting.cancel()

    def next_of_mine(self) -> str | None:
        """My next words, to somebody who has words of their own; whose script says so hangs up instead."""
        if not any(turn.what == "me" for turn in self._turns):
            return None
        while self._place < len(self._turns):
            turn = self._turns[self._place]
            self._place += 1
            if turn.what == "me":
                return turn.text
            if turn.what in ("hang up", "again"):
                self._end(turn)
        return None

    async def _talk(self) -> None:
        while self._place < len(self._turns):
            turn = self._turns[self._place]
            await self._exchange.clock.sleep(BREATH)
            await self._take(turn)
            self._place += 1
            if turn.what in ("hang up", "again"):
                self._end(turn)

    async def _take(self, turn: Turn) -> None:
        match turn.what:
            case "me":
                await say_slowly(self._exchange, self._call, turn.text)
            case "you" if (other := self._other()) is not None:
                await say_slowly(self._exchange, other, turn.text)
            case "pause":
                await self._exchange.clock.sleep(float(turn.text))
            case "press":
                key(self._call, turn.text)

    def _end(self, turn: Turn) -> None:
        if turn.what == "again":
            self._place = 0
        elif self._call.person is not None:
            self._place = len(self._turns)
            self._call.person.hang_up()

    def _other(self) -> "Call | None":
        """Who answers: whoever hears me and can be heard."""
        able = (one for one in company(self._call) if one.person is not None and self._call in company(one))
        return next(able, None)


def _leads(call: "Call") -> bool:
    conversation = call.person.conversation if call.person is not None else None
    return conversation is not None and conversation.goes_on
