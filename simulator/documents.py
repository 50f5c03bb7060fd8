"""Asking the application for TwiML on behalf of a call."""

from .calls import Call
from .exchange import Exchange
from .line import Source
from .parameters import about
from .twiml import LARGEST, Document, TwimlError, read, read_answer
from .vocabulary import doubtful


async def fetch(exchange: Exchange, call: Call, source: Source) -> Document:
    """Raises TwimlError with the debugger's code when no document can be had; what is doubtful in it is noted."""
    document = await _fetched(exchange, call, source)
    for code, words in doubtful(document):
        exchange.note(code, subject=call.sid, url=document.base, detail=words)
    return document


async def _fetched(exchange: Exchange, call: Call, source: Source) -> Document:
    if source.twiml is not None:
        return read(source.twiml, "")
    params = about(call, exchange.settings.account_sid) + list(source.extra)
    answer = await exchange.post.ask(call.sid, source.purpose, source.url, source.method, params)
    if answer.code:
        raise TwimlError(answer.code, answer.url, str(answer.status or answer.reason))
    if len(answer.body) > LARGEST:
        raise TwimlError(11750, answer.url)
    if not answer.body.strip():
        raise TwimlError(11770, answer.url)
    return read_answer(answer.body, answer.content_type, answer.url)


async def fetch_and_ignore(exchange: Exchange, call: Call, source: Source) -> None:
    """A request whose answer nobody will act on."""
    try:
        await fetch(exchange, call, source)
    except TwimlError as error:
        exchange.note(error.code, subject=call.sid, url=error.url, detail=error.detail)
