"""The TwiML machine: a leg's documents, one after the other, until there is none left.

Source: https://www.twilio.com/docs/voice/twiml
"""

import asyncio

from .calls import Call
from .documents import fetch
from .exchange import Exchange
from .legs import answer, finish
from .line import HangUp, Interrupted, Redirect, Source
from .stage import Next, Stage, Step
from .twiml import Document, TwimlError, Verb
from .verbs import VERBS

APOLOGY = Document([Verb("Say", {}, "We are sorry, an application error has occurred. Goodbye.")], "")


async def live(exchange: Exchange, call: Call, source: Source) -> None:
    """A leg's whole life from its first document (or its next, after a redirect) to its end."""
    following: Source | None = source
    while following is not None:
        try:
            await perform(exchange, call, following)
            following = None
        except Interrupted as interrupted:
            if not isinstance(interrupted.why, Redirect):
                # Who is taken out of a queue (Connect) is met by <Enqueue>: here nobody would know what to do.
                finish(exchange, call, interrupted.why if isinstance(interrupted.why, HangUp) else HangUp("twiml"))
                return
            following = interrupted.why.source
    if call.dial_status in (None, "completed", "answered"):
        # Even a document that only hangs up has answered the caller; one that only rang others has not.
        answer(exchange, call)
    finish(exchange, call, HangUp("twiml", None if call.answered_at else call.dial_status))


async def perform(
    exchange: Exchange, call: Call, source: Source, *, allowed: frozenset[str] | None = None, aside: bool = False
) -> Next:
    """Runs documents until the end of one (Next.VERB), or until a verb hangs up or leaves the queue.

    `aside`: the document is only an episode, and one that fails is the business of whoever plays it (TwimlError).
    """
    step: Step = source
    while isinstance(step, Source):
        try:
            document = await (_asked if aside else _document)(exchange, call, step)
            step = await _run(exchange, call, document, allowed)
        except TwimlError as error:
            exchange.note(error.code, subject=call.sid, url=error.url, detail=error.detail)
            if aside:
                raise
            # Found while the document ran, such as a relative URL in inline TwiML: there is nothing to go back to.
            step = await _run(exchange, call, APOLOGY)
    return step


async def _document(exchange: Exchange, call: Call, source: Source) -> Document:
    """The document, or what the fallback URL says instead, or an apology."""
    try:
        return await _asked(exchange, call, source)
    except TwimlError as error:
        exchange.note(error.code, subject=call.sid, url=error.url, detail=error.detail)
        failure = error
    if call.fallback is not None:
        extra = (("ErrorCode", str(failure.code)), ("ErrorUrl", failure.url))
        try:
            return await _asked(
                exchange, call, Source(call.fallback.url, call.fallback.method, extra=extra, purpose="fallback")
            )
        except TwimlError as error:
            exchange.note(error.code, subject=call.sid, url=error.url, detail=error.detail)
    return APOLOGY


async def _asked(exchange: Exchange, call: Call, source: Source) -> Document:
    # The request goes on if the call is interrupted meanwhile: Twilio has asked, and will not read the answer.
    call.line.check()
    document = await call.line.hold(asyncio.shield(exchange.spawn(fetch(exchange, call, source), may_fail=True)))
    assert document is not None  # noqa: S101 - no time limit was given
    return document


async def _run(exchange: Exchange, call: Call, document: Document, allowed: frozenset[str] | None = None) -> Step:
    for place, verb in enumerate(document.verbs):
        if allowed and verb.name == "Dial" and verb.name not in allowed:
            raise TwimlError(13201, document.base, "<Dial> in a document that is played beside another one")
        if (run := VERBS.get(verb.name)) is None or (allowed and verb.name not in allowed):
            exchange.note(
                12200, subject=call.sid, url=document.base, detail=f"<{verb.name}> is not known here and was skipped"
            )
            continue
        step = await run(Stage(exchange, call, document, place, live, perform), verb)
        if step is not Next.VERB:
            return step
    return Next.VERB
