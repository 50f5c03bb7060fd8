"""<Dial> with people: it rings them, bridges the first who answers, and says afterwards how it went.

Source: https://www.twilio.com/docs/voice/twiml/dial; what a redirect does to a Dial:
https://www.twilio.com/en-us/changelog (2021-05-24, "Redirecting a call during Dial").
"""

import asyncio
from dataclasses import dataclass, field

from ..calls import EVENTS, Call, CallbackPlan
from ..chance import new_sid
from ..documents import fetch_and_ignore
from ..legs import answer, finish, hang_up, new_line, ring_out
from ..line import HangUp, Interrupted, Redirect, Source
from ..stage import Next, Stage, Step
from ..twiml import Verb
from .conference import dial_conference

MOST_NOUNS = 10
PREFIX = {"Number": "", "Client": "client:", "Sip": ""}


async def dial(stage: Stage, verb: Verb) -> Step:
    nouns = verb.nouns or ([Verb("Number", {}, verb.text)] if verb.text else [])
    room = next((noun for noun in nouns if noun.name == "Conference"), None)
    if room is not None and len(nouns) > 1:
        stage.note(13000, "Conference mixed with other nouns")
    if room is not None:
        return await dial_conference(stage, verb, room)
    return await dial_people(stage, verb, [noun for noun in nouns if _is_known(stage, noun)][:MOST_NOUNS])


async def dial_people(stage: Stage, verb: Verb, nouns: list[Verb]) -> Step:
    if not verb.flag("answerOnBridge"):
        answer(stage.exchange, stage.call)
    dialling = Dialling(stage, verb)
    try:
        outcome = await dialling.converse(nouns)
    except Interrupted as interrupted:
        await dialling.abandon(interrupted.why)
        raise
    stage.call.dial_status = outcome.status
    return action_of(stage, verb, outcome.params()) or Next.VERB


def action_of(stage: Stage, verb: Verb, params: list[tuple[str, str]]) -> Source | None:
    if "action" not in verb.attributes:
        return None
    return stage.source(verb.get("action"), verb.get("method"), "dial-action", tuple(params))


async def ask_in_vain(stage: Stage, verb: Verb, params: list[tuple[str, str]]) -> None:
    """A Dial cut short still asks its action, or fetches a Redirect right behind it, and ignores the answer."""
    source = action_of(stage, verb, params)
    following = stage.following
    if source is None and following is not None and following.name == "Redirect":
        source = stage.source(following.text, following.get("method"), "redirect")
    if source is not None:
        await fetch_and_ignore(stage.exchange, stage.call, source)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a Dial went. A child that was redirected away has no duration to tell."""

    status: str
    child: Call | None = None
    bridged: bool = False
    duration: int | None = None

    def params(self) -> list[tuple[str, str]]:
        params = [("DialCallStatus", self.status), ("DialBridged", str(self.bridged).lower())]
        if self.child is not None:
            params.append(("DialCallSid", self.child.sid))
        if self.duration is not None:
            params.append(("DialCallDuration", str(self.duration)))
        return params


@dataclass
class Dialling:
    """One <Dial> at work: the children it has made, and the one that the caller talks to."""

    stage: Stage
    verb: Verb
    news: "asyncio.Queue[tuple[str, Call]]" = field(default_factory=asyncio.Queue)
    children: list[Call] = field(default_factory=list)
    talking_to: Call | None = None

    async def converse(self, nouns: list[Verb]) -> Outcome:
        if not self._may_call_from(nouns):
            return Outcome("failed")
        last = Outcome("failed")
        for group in [[noun] for noun in nouns] if self.verb.flag("sequential") else [nouns]:
            ringing = {child.sid for child in [self._ring(noun) for noun in group]}
            while ringing:
                event, child = await self._next_news()
                if event == "answered":
                    return await self._talk(child)
                ringing.discard(child.sid)
                last = Outcome(child.status, child, duration=0)
        return last

    async def abandon(self, why: Redirect | HangUp) -> None:
        """The caller was taken away or has gone: the children end, the action is asked in vain."""
        exchange, caller = self.stage.exchange, self.stage.call
        choices, timing = exchange.settings.choices, exchange.settings.timing
        if isinstance(why, HangUp):
            finish(exchange, caller, why)
        bridged, child = self.talking_to is not None, self.talking_to or (self.children[-1] if self.children else None)
        for one in self.children:
            hang_up(exchange, one, by="dial", status=None if one.answered_at else choices.abandoned_child_status)
        await exchange.clock.sleep(timing.action_after)
        if isinstance(why, HangUp) and not choices.action_after_hang_up:
            return
        status = "completed" if bridged else choices.redirected_ringing_dial_status
        outcome = Outcome(status, child, bridged, child.duration if child and bridged else None)
        await ask_in_vain(self.stage, self.verb, outcome.params())
        if isinstance(why, Redirect):
            await exchange.clock.sleep(timing.document_after)

    def _ring(self, noun: Verb) -> Call:
        exchange, parent = self.stage.exchange, self.stage.call
        sid = new_sid("CA", parent.dice)
        child = Call(
            sid=sid,
            direction="outbound-dial",
            from_=self.verb.get("callerId") or parent.from_,
            to=PREFIX[noun.name] + _address(noun),
            dice=exchange.chance.dice("call", sid),
            line=new_line(exchange),
            created_at=exchange.clock.now(),
            status="initiated",
            parent=parent,
            callback=_plan(self.stage, noun),
            send_digits=noun.get("sendDigits"),
        )
        exchange.add(child)
        self.children.append(child)
        exchange.spawn(self._child_life(child, noun))
        return child

    async def _child_life(self, child: Call, noun: Verb) -> None:
        exchange = self.stage.exchange
        try:
            why = await self._rung_and_bridged(child, noun)
        except Interrupted as interrupted:
            if isinstance(interrupted.why, Redirect):
                self.news.put_nowait(("left", child))
                await self.stage.live(exchange, child, interrupted.why.source)
                return
            why = interrupted.why
        finish(exchange, child, why)
        self.news.put_nowait(("ended", child))

    async def _rung_and_bridged(self, child: Call, noun: Verb) -> HangUp:
        """Why the child ended by itself; a bridge does not, somebody hangs up (Interrupted)."""
        status = await ring_out(self.stage.exchange, child, self.verb.number("timeout", 30))
        if status != "answered":
            return HangUp("callee", status)
        if await self._whisper(child, noun):
            self.news.put_nowait(("answered", child))
            await child.line.hold()
        return HangUp("callee")

    async def _whisper(self, child: Call, noun: Verb) -> bool:
        """What only the callee hears before the bridge; if it hangs up, the callee has declined."""
        if not noun.get("url"):
            return True
        return await self.stage.perform(
            self.stage.exchange, child, self.stage.source(noun.get("url"), noun.get("method"), "whisper")
        )

    async def _talk(self, child: Call) -> Outcome:
        exchange, caller = self.stage.exchange, self.stage.call
        self.talking_to = child
        for loser in self.children:
            if loser is not child:
                hang_up(
                    exchange,
                    loser,
                    by="dial",
                    status=None if loser.answered_at else exchange.settings.choices.loser_status,
                )
        answer(exchange, caller)
        _connect(caller, child, True)
        try:
            event = await self._news_of(child, self.verb.number("timeLimit", 14_400))
        finally:
            _connect(caller, child, False)
        if event is None:
            hang_up(exchange, child, by="time-limit")
            event = await self._news_of(child, None)
        return Outcome("completed", child, bridged=True, duration=None if event == "left" else child.duration)

    async def _news_of(self, child: Call, seconds: float | None) -> str | None:
        while news := await self.stage.call.line.hold(self.news.get(), seconds=seconds):
            if news[1] is child:
                return news[0]
        return None

    async def _next_news(self) -> tuple[str, Call]:
        news = await self.stage.call.line.hold(self.news.get())
        assert news is not None  # noqa: S101 - no time limit was given
        return news

    def _may_call_from(self, nouns: list[Verb]) -> bool:
        """Error 13214: a number is called from a number of ours, or from one of the caller's own call.

        Source: https://www.twilio.com/docs/voice/twiml/dial#callerid
        """
        call, wanted = self.stage.call, self.verb.get("callerId")
        if not any(noun.name == "Number" for noun in nouns) or (not wanted and call.from_.startswith("+")):
            return True
        if wanted in (call.from_, call.to) or self.stage.exchange.owns(wanted):
            return True
        self.stage.note(13214, wanted)
        return False


def _is_known(stage: Stage, noun: Verb) -> bool:
    if noun.name not in PREFIX:
        stage.note(12200, f"<{noun.name}> in <Dial> is not known here and was skipped")
    return noun.name in PREFIX


def _address(noun: Verb) -> str:
    named = next((part.text for part in noun.nouns if part.name in ("Identity", "Uri")), noun.text)
    if noun.name == "Sip" and not named.startswith(("sip:", "sips:")):
        return f"sip:{named}"
    return named


def _plan(stage: Stage, noun: Verb) -> CallbackPlan | None:
    if not noun.get("statusCallback"):
        return None
    events = noun.get("statusCallbackEvent", "completed").split()
    if unknown := [event for event in events if event not in EVENTS]:
        stage.note(21626, " ".join(unknown))
    url = stage.document.absolute(noun.get("statusCallback"))
    return CallbackPlan(url, noun.get("statusCallbackMethod", "POST"), frozenset(events))


def _connect(caller: Call, child: Call, connected: bool) -> None:
    for call in (caller, child):
        if call.person is not None:
            call.person.connect(connected)
