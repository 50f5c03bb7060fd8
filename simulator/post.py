"""Requests to the application: in what order, how often, with what faults; and all of them written down.

Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from .chance import Chance, between, happens, new_token
from .clock import Clock, iso
from .overrides import Overrides, split
from .settings import Settings
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
        self.wire = Wire(settings)
        self._counts: dict[str, int] = {}
        self._queue_end: dict[str, asyncio.Task[None]] = {}
        self._passed: dict[str, asyncio.Event] = {}
        self._cookies: dict[str, dict[str, str]] = {}

    async def open(self) -> None:
        await self.wire.open()

    async def close(self) -> None:
        await self.wire.close()

    def reset(self) -> None:
        for memory in (self.log, self._counts, self._queue_end, self._passed, self._cookies):
            memory.clear()

    async def ask(self, subject: str, purpose: str, url: str, method: str, params: Params) -> Answer:
        """A request for TwiML: now, and never faulty."""
        webhook = self._write_down(subject, purpose, url, method, params)
        return await self._deliver(webhook)

    def tell(self, subject: str, purpose: str, url: str, method: str, params: Params) -> None:
        """A status callback about `subject` (the SID of a call or conference): soon and in order, but for faults.

        Without faults the callbacks of one subject wait for one another; those of different subjects do not.
        """
        webhook = self._write_down(subject, purpose, url, method, params)
        dice = self._dice(webhook)
        faults = self._settings.faults.callbacks
        # Always the same throws in the same order: see chance.py.
        lost, late, reordered, doubled = (
            happens(dice, chance) for chance in (faults.lost, faults.late, faults.reordered, faults.doubled)
        )
        latency = between(dice, self._settings.timing.callback_latency)
        delay, delay_of_copy = between(dice, faults.late_seconds), between(dice, faults.late_seconds)
        webhook.faults = [
            name
            for name, hit in (("lost", lost), ("late", late), ("reordered", reordered), ("doubled", doubled))
            if hit
        ]
        if lost:
            webhook.outcome = "lost"
        elif late:
            self._spawn(self._send_after(webhook, latency + delay))
        elif reordered:
            self._spawn(self._send_after_next(webhook, latency, at_most=faults.late_seconds[1]))
        else:
            before = self._queue_end.get(subject)
            self._queue_end[subject] = self._spawn(self._send_in_turn(webhook, latency, before))
        if doubled and not lost:
            self._spawn(self._send_after(webhook, latency + delay_of_copy))

    def _write_down(self, subject: str, purpose: str, url: str, method: str, params: Params) -> Webhook:
        self._counts[subject] = count = self._counts.get(subject, 0) + 1
        token = new_token(self._chance.dice("token", subject, count))
        webhook = Webhook(subject, purpose, url, method.upper(), params, token, self._clock.now())
        self.log.append(webhook)
        return webhook

    def _dice(self, webhook: Webhook) -> Random:
        return self._chance.dice("delivery", webhook.token)

    async def _send_in_turn(self, webhook: Webhook, latency: float, before: asyncio.Task[None] | None) -> None:
        await self._clock.sleep(latency)
        if before is not None:
            await asyncio.wait({before})
        await self._send(webhook)
        if self._queue_end.get(webhook.subject) is asyncio.current_task():
            del self._queue_end[webhook.subject]

    async def _send_after(self, webhook: Webhook, seconds: float) -> None:
        await self._clock.sleep(seconds)
        await self._send(webhook)

    async def _send_after_next(self, webhook: Webhook, latency: float, *, at_most: float) -> None:
        await self._clock.sleep(latency)
        # The last callback of a call has no next: it is merely late.
        passed = self._passed.setdefault(webhook.subject, asyncio.Event())
        try:
            await asyncio.wait_for(passed.wait(), self._clock.real(at_most))
        except TimeoutError:
            self._passed.pop(webhook.subject, None)
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
        if passes and (passed := self._passed.pop(webhook.subject, None)):
            passed.set()

    async def _deliver(self, webhook: Webhook) -> Answer:
        """Tries as often as the URL's fragment allows; every try carries the same idempotency token."""
        url, overrides, refused = split(webhook.url)
        if refused:
            self._note(11240, subject=webhook.subject, url=webhook.url, detail="; ".join(refused))
        answer = Answer(url, code=11200)
        deadline = asyncio.get_running_loop().time() + overrides.tt / 1000
        for attempt in range(overrides.rc + 1):
            if attempt:
                await self._clock.sleep(self._settings.timing.retry_pause)
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                answer = Answer(url, code=11203, reason="tt")
                break
            answer = await self._try(webhook, url, overrides, left)
            if not answer.code or not overrides.repeats_on(answer.reason):
                break
        webhook.answer, webhook.content_type = answer.body[:4000].decode(errors="replace"), answer.content_type
        webhook.outcome = "refused" if answer.code and answer.status else "failed" if answer.code else "delivered"
        return answer

    async def _try(self, webhook: Webhook, url: str, overrides: Overrides, seconds_left: float) -> Answer:
        began, at = asyncio.get_running_loop().time(), self._clock.now()
        # Cookies are kept for a call. Source: https://www.twilio.com/docs/voice/twiml#http-cookies
        cookies = dict(self._cookies.get(webhook.subject, {}))
        answer = await self.wire.ask(
            webhook.method, url, webhook.params, webhook.token, overrides, seconds_left, cookies
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
                "milliseconds": round((asyncio.get_running_loop().time() - began) * 1000),
            }
        )
        return answer
