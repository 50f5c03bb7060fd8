"""Documents played beside the call's own: waiting and hold music, announcements.

Only Play, Say, Pause and Redirect are allowed there (error 13238).
"""

from .calls import Call
from .documents import fetch
from .exchange import Exchange
from .line import Source
from .speech import hear, seconds_of
from .twiml import TwimlError

ALLOWED = frozenset({"Play", "Say", "Pause", "Redirect"})


async def play(exchange: Exchange, call: Call, source: Source, also: list[Call] | None = None) -> TwimlError | None:
    """Plays to the end, if there is one (many a wait document redirects to itself); returns what went wrong."""
    following: Source | None = source
    while following is not None:
        try:
            following = await _turn(exchange, call, following, also or [])
        except TwimlError as error:
            exchange.note(error.code, subject=call.sid, url=error.url, detail=error.detail)
            return error
    return None


async def _turn(exchange: Exchange, call: Call, source: Source, also: list[Call]) -> Source | None:
    document = await fetch(exchange, call, source)
    spent = 0.0
    for verb in document.verbs:
        if verb.name not in ALLOWED:
            raise TwimlError(13238, document.base, verb.name)
        if verb.name == "Redirect":
            # A loop without a pause would otherwise ask the application as fast as it can answer.
            await exchange.clock.sleep(max(0.0, exchange.settings.timing.shortest_turn - spent))
            return Source(document.absolute(verb.text), verb.get("method", "POST"), purpose=source.purpose)
        for listener in (call, *also):
            hear(exchange, listener, verb)
        seconds = seconds_of(exchange, verb)
        await exchange.clock.sleep(seconds)
        spent += seconds
    return None
