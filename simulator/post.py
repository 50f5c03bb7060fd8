"""Requests to the application: in what order, how often, with what faults; and all of them written down.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit

from .chance import Chance, between, happens, new_token
from .clock import Clock, come_true, iso
from .events import words_of
from .faults import CallbackRule
from .overrides import Overrides, split
from .settings import Settings
from .skew import skewed_params
from .wire import Answer, Params, Wire


@dataclass(eq=False)
class Webhook:
    """One statement or question to the application, with all its attempts."""

    subject: str
    purpose: str
    url: str
    method: str
    params: Params
    token: str
    at: datetime
    is_callback: bool = False
    signature: str = ""
    faults: list[str] = field(default_factory=list)
    attempts: list[dict[str, object]] = field(default_factory=list)
    outcome: str = "waiting"
    answer: str = ""
    content_type: str = ""

    def as_json(self) -> dict[str, object]:
        return {
            "subject": self.subject,
            "purpose": self.purpose,
            "url": self.url,
            "method": self.method,
            "params": dict(self.params),
            "token": self.token,
            "signature": self.signature,
            "at": iso(self.at),
            "faults": self.faults,
            "attempts": self.attempts,
            "outcome": self.outcome,
            "status": self.attempts[-1]["status"] if self.attempts else None,
            "answer": self.answer,
        }


class Post:
    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        chance: Chance,
        wire: Wire,
        *,
        spawn: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]],
        note: Callable[..., None],
    ):
        self.log: deque[Webhook] = deque(maxlen=settings.remembered)
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._spawn = spawn
        self._note = note
        self.wire = wire
        self._counts: dict[str, int] = {}
        # Is shown every request when it is over.
        self.sink: Callable[[Webhook], None] = lambda webhook: None
        self._queue_end: dict[str, asyncio.Task[None]] = {}
        self._held_back: dict[str, list[asyncio.Future[None]]] = {}
        self._cookies: dict[str, dict[str, str]] = {}

    async def open(self) -> None:
        await self.wire.open()

    async def close(self) -> None:
        await self.wire.close()

    def reset(self) -> None:
        for memory in (self.log, self._counts, self._queue_end, self._held_back, self._cookies):
            memory.clear()

    async def ask(self, subject: str, purpose: str, url: str, method: str, params: Params) -> Answer:
        """A request for TwiML: now, and not faulty but in an outage."""
        webhook = self._write_down(subject, purpose, url, method, params)
        try:
            return await self._deliver(webhook)
        except asyncio.CancelledError:  # what is heard while waiting is not waited for when the wait is over
            webhook.outcome = "dropped"
            self.sink(webhook)
            raise

    def tell(self, subject: str, purpose: str, url: str, method: str, params: Params) -> None:
        """A status callback about `subject` (the SID of a call or conference): soon and in order, but for faults.

        Without faults the callbacks of one subject wait for one another; those of different subjects do not.
        """
        webhook = self._write_down(subject, purpose, url, method, params)
        webhook.is_callback = True
        dice = self._dice(webhook)
        faults = self._settings.faults.callbacks
        rule = self._rule(webhook)
        ruled = rule.what if rule else ""
        # Always the same throws in the same order: see chance.py.
        lost, late, reordered, doubled = (
            happens(dice, chance) for chance in (faults.lost, faults.late, faults.reordered, faults.doubled)
        )
        latency = between(dice, self._settings.timing.callback_latency)
        delay, delay_of_copy = between(dice, faults.late_seconds), between(dice, faults.late_seconds)
        if rule is not None and rule.seconds is not None:
            delay = delay_of_copy = rule.seconds
        chosen = (("lost", lost), ("late", late), ("reordered", reordered), ("doubled", doubled))
        hits = [name for name, hit in chosen if hit or name == ruled]
        # Of one that is lost nothing else can be seen; one that is late does not wait for the next one too.
        webhook.faults = hits[:1] if hits[:1] == ["lost"] else [one for one in hits if one in (hits[0], "doubled")]
        if "lost" in webhook.faults:
            webhook.outcome = "lost"
            self.sink(webhook)
        elif "late" in webhook.faults:
            self._spawn(self._send_after(webhook, latency + delay))
        elif "reordered" in webhook.faults:
            self._spawn(self._send_after_next(webhook, latency, at_most=faults.late_seconds[1]))
        else:
            before = self._queue_end.get(subject)
            self._queue_end[subject] = self._spawn(self._send_in_turn(webhook, latency, before))
        if "doubled" in webhook.faults and "lost" not in webhook.faults:
            self._spawn(self._send_after(webhook, latency + delay_of_copy))

    def _write_down(self, subject: str, purpose: str, url: str, method: str, params: Params) -> Webhook:
        self._counts[subject] = count = self._counts.get(subject, 0) + 1
        token = new_token(self._chance.dice("token", subject, count))
        params = skewed_params(params, self._settings.faults.clock_skew)
        webhook = Webhook(subject, purpose, url, method.upper(), params, token, self._clock.now())
        with contextlib.suppress(ValueError):  # what is no URL is never asked
            webhook.signature = self.wire.signature(webhook.method, split(url)[0], params)
        self.log.append(webhook)
        return webhook

    def _rule(self, webhook: Webhook) -> CallbackRule | None:
        """The rule that this callback falls under, counted down."""
        rules = self._settings.faults.callbacks.rules
        if not rules:
            return None
        params = dict(webhook.params)
        events = words_of(webhook.purpose, webhook.params)
        calls = {webhook.subject} | {params[name] for name in ("CallSid", "From", "To") if name in params}
        url = split(webhook.url)[0]
        # Dice of their own, and a throw for each rule: see chance.py.
        dice = self._chance.dice("rules", webhook.token)
        lucky = [rule for rule in rules if happens(dice, rule.chance)]
        rule = next((rule for rule in lucky if rule.fits(url, urlsplit(url).path, events, calls)), None)
        if rule is not None and rule.times is not None:
            rule.times -= 1
        return rule

    def _dice(self, webhook: Webhook) -> Random:
        return self._chance.dice("delivery", webhook.token)

    async def _send_in_turn(self, webhook: Webhook, latency: float, before: asyncio.Task[None] | None) -> None:
        await self._clock.sleep(latency)
        began = time.monotonic()
        if before is not None:
            await asyncio.wait({before})
        if time.monotonic() - began > self._settings.timing.callback_expires:
            webhook.outcome = "expired"
            self._note(15002, subject=webhook.subject, url=webhook.url)
        else:
            await self._send(webhook)
        if self._queue_end.get(webhook.subject) is asyncio.current_task():
            del self._queue_end[webhook.subject]

    async def _send_after(self, webhook: Webhook, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self._send(webhook)

    async def _send_after_next(self, webhook: Webhook, latency: float, *, at_most: float) -> None:
        await self._clock.sleep(latency)
        passed = asyncio.get_running_loop().create_future()
        self._held_back.setdefault(webhook.subject, []).append(passed)
        # The last callback of a call has no next: it is merely late.
        patience = self._clock.later(at_most, come_true, passed)
        try:
            await passed
        finally:
            patience.cancel()
        await self._send(webhook, passes=False)

    async def _send(self, webhook: Webhook, *, passes: bool = True) -> None:
        answer = await self._deliver(webhook)
        if answer.code:
            self._note(
                15003,
                subject=webhook.subject,
                url=webhook.url,
                detail=f"{answer.code}: {answer.status or answer.reason}",
            )
        if passes:
            for passed in self._held_back.pop(webhook.subject, ()):
                come_true(passed)

    async def _deliver(self, webhook: Webhook) -> Answer:
        """Tries as often as the URL's fragment allows; every try carries the same idempotency token."""
        url, overrides, refused = split(webhook.url)
        for code, words in refused:
            self._note(code, subject=webhook.subject, url=webhook.url, detail=words)
        answer = Answer(url, code=11200)
        left = overrides.tt / 1000
        for attempt in range(overrides.rc + 1):
            if attempt:
                await self._clock.sleep(self._settings.timing.retry_pause)
                left -= self._clock.real(self._settings.timing.retry_pause)
            if left <= 0:
                answer = Answer(url, code=11203, reason="tt")
                break
            # Only what the application takes counts, not the wait for its turn.
            async with self._clock.still():
                began = time.monotonic()
                answer = await self._try(webhook, url, overrides, left)
                left -= time.monotonic() - began
            if not answer.code or not overrides.repeats_on(answer.reason):
                break
        webhook.answer, webhook.content_type = answer.body[:4000].decode(errors="replace"), answer.content_type
        webhook.outcome = "refused" if answer.code and answer.status else "failed" if answer.code else "delivered"
        self.sink(webhook)
        return answer

    async def _try(self, webhook: Webhook, url: str, overrides: Overrides, seconds_left: float) -> Answer:
        began, at = time.monotonic(), self._clock.now()
        # Cookies are kept for a call. Source: https://www.twilio.com/docs/voice/twiml#http-cookies
        cookies = dict(self._cookies.get(webhook.subject, {}))
        if self._is_away(webhook):
            answer = Answer(url, code=11205, reason="ct")
        else:
            answer = await self.wire.ask(
                webhook.method, url, webhook.params, webhook.token, webhook.signature, overrides, seconds_left, cookies
            )
        if cookies:
            self._cookies[webhook.subject] = cookies
            if len(self._cookies) > self._settings.remembered:
                del self._cookies[next(iter(self._cookies))]
        webhook.attempts.append(
            {
                "at": iso(at),
                "status": answer.status,
                "error": answer.reason if answer.code and not answer.status else None,
                # On a virtual clock an answer takes no time.
                "milliseconds": 0 if self._clock.virtual else round((time.monotonic() - began) * 1000),
            }
        )
        return answer

    def _is_away(self, webhook: Webhook) -> bool:
        """In an outage a request fails as if nobody took the connection, and is tried again only as that would be."""
        what = ("all", "webhooks", "callbacks") if webhook.is_callback else ("all", "webhooks")
        if self._settings.faults.outage(self._clock.now(), *what) is None:
            return False
        webhook.faults = [*dict.fromkeys([*webhook.faults, "outage"])]
        return True
