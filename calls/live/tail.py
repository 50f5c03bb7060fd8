"""The tail: one task a process reads what changed, once a tick, for all desks of the process."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from channels.layers import get_channel_layer
from django.utils import timezone

from calls.failpoints import crash
from calls.live import frames, hint, lean
from calls.live.alarms import open_alarms
from calls.live.hub import HEARTBEAT, Hub, hub
from calls.live.mirror import Card
from calls.live.rights import let_go, watch
from calls.live.seen import SeenCall, SeenLeg, calls_seen, legs_seen
from calls.models import Action, Board, Call, Leg, Presence, Tap, pulse

TICK = 0.05  # seconds between two reads at most; the first hint after a pause is followed at once
LEAST_REST = 0.01  # seconds, also after a read that took longer than a tick
POLL = 0.5  # seconds between two reads at least: hints may be lost
PULSE = 1.0  # seconds between two looks at how Twilio is
ALARMS = 0.4  # seconds between two looks at what is too much
LATE = timedelta(minutes=2)  # more than the healer needs for a call whose last callback was lost
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    epoch: str
    revision: int
    cards: list[Card]
    anew: bool


class Tail:
    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.loop: asyncio.AbstractEventLoop | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="tail")
        self._tasks: list[asyncio.Task[None]] = []
        self._stop_listening: Callable[[], None] = lambda: None
        self._beginning: asyncio.Task[None]
        self._felt_at = self._warned_at = 0.0

    async def ensure_started(self) -> None:
        """Start on this loop unless a running one has it already. Returns after the first read."""
        here = asyncio.get_running_loop()
        if self.loop is None or not self.loop.is_running():
            self._stop_listening()  # of a loop that is gone
            self.loop = here
            self._beginning = here.create_task(self._begin(here))
        if self.loop is here:
            # Shielded: whoever asked first may go away, and the others still wait for the same beginning.
            await asyncio.shield(self._beginning)

    async def _begin(self, here: asyncio.AbstractEventLoop) -> None:
        self._hint, self._read_lock = asyncio.Event(), asyncio.Lock()
        self._stop_listening = hint.listen(here, self._hint.set)
        await self._try_to_read()
        self._tasks = [here.create_task(work) for work in (self._follow(), self._beat(), self._hear_others())]

    async def stop(self) -> None:
        self._stop_listening()
        left = set(self._tasks)
        while left:  # a transport that is just connecting may swallow a cancellation
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=0.5)
        await asyncio.get_running_loop().run_in_executor(self._executor, let_go)
        await watch.close()
        self.loop = None

    async def read_now(self, *, at_least: int | None = None) -> None:
        """Read the board at once, unless somebody else has read as far meanwhile; raises what the database raises."""
        async with self._read_lock:
            mirror = self.hub.mirror
            if at_least is not None and mirror.revision >= at_least:
                return
            reading = await asyncio.get_running_loop().run_in_executor(
                self._executor, read, mirror.epoch, mirror.revision
            )
            if reading.anew:
                mirror.start(reading.epoch, reading.revision, reading.cards)
                self.hub.start_over()
            elif reading.revision > mirror.revision:
                self.hub.tell(mirror.apply(reading.revision, reading.cards))
            self.hub.good_at, self.hub.good_time = self.hub.clock(), frames.moment(timezone.now()) or ""

    async def feel_pulse(self) -> None:
        """Look how Twilio is, now and then; raises what the database raises."""
        if self.hub.clock() - self._felt_at >= PULSE:
            loop = asyncio.get_running_loop()
            self.hub.pulse = await loop.run_in_executor(self._executor, pulse, self.hub.pulse)
            self._felt_at = self.hub.clock()

    async def warn(self) -> None:
        """Tell the desks what is too much, if any is open; raises what the database raises."""
        if self.hub.desks and self.hub.clock() - self._warned_at >= ALARMS:
            loop = asyncio.get_running_loop()
            self.hub.warn(await loop.run_in_executor(self._executor, open_alarms))
            self._warned_at = self.hub.clock()

    async def _try_to_read(self) -> None:
        try:
            await self.read_now()
            await self.feel_pulse()
            await self.warn()
        except Exception as error:  # noqa: BLE001  the database's: the desks are told that they are stale
            log.warning("The board cannot be read: %s", error)
            with contextlib.suppress(Exception):  # what is broken may not even close
                await asyncio.get_running_loop().run_in_executor(self._executor, let_go)

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hint.wait(), POLL)
            self._hint.clear()
            began = self.hub.clock()
            await self._try_to_read()
            # Unseen, a call may as well change several times between two reads.
            rest = (TICK if self.hub.desks else POLL) - (self.hub.clock() - began)
            await asyncio.sleep(max(rest, LEAST_REST))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                async with asyncio.timeout(HEARTBEAT / 2):  # a database that hangs must not keep the desks in the dark
                    await self.look_at_rights()
            except Exception as error:  # noqa: BLE001  unknown rights: better a stale desk than a wrong one
                log.warning("Rights cannot be read: %s", error or "no answer in time")
                self.hub.hold_back()
            self.hub.beat()

    async def look_at_rights(self) -> None:
        """Read everybody's rights anew; whoever lost something loses it on the screen now."""
        desks = list(self.hub.desks)
        found = await watch.read(desk.session_key for desk in desks)
        self.hub.held_back = False
        for desk in desks:
            if desk in self.hub.desks:
                self.hub.regard(desk, found.get(desk.session_key))

    async def _hear_others(self) -> None:
        """Hints of other processes, by the channel layer; whatever goes wrong with it, the poll goes on."""
        layer = get_channel_layer()
        while True:
            mine = ""
            try:
                mine = await layer.new_channel()
                await layer.group_add(hint.GROUP, mine)
                while True:
                    said = await layer.receive(mine)
                    if said.get("revision", 0) > self.hub.mirror.revision:  # our own hints come back to us
                        self._hint.set()
            except Exception as error:  # noqa: BLE001  whatever the transport raises
                log.info("No hints from other processes for now: %s", error)
                await asyncio.sleep(1)
            finally:
                with contextlib.suppress(Exception):
                    await layer.group_discard(hint.GROUP, mine)


def read(epoch: str, last: int) -> Reading:
    """What the board has beyond `last`, in this order: the revision first, then the calls up to it.

    A call that moved on in between has a revision beyond H and comes with the next read: late, never lost.
    """
    board = Board.objects.get(pk=1)
    crash("tail.after_revision")
    if board.epoch != epoch or board.revision < last:
        live = Call.objects.live().filter(position__revision__lte=board.revision)
        return Reading(board.epoch, board.revision, cards_of(live), anew=True)
    if board.revision == last:
        return Reading(board.epoch, last, [], anew=False)
    changed = Call.objects.filter(position__revision__gt=last, position__revision__lte=board.revision)
    return Reading(board.epoch, board.revision, cards_of(changed), anew=False)


def cards_of(calls: Iterable[Call]) -> list[Card]:
    """The bodies of these calls, by five queries however many they are. A call of the past has none."""
    found = calls_seen(calls)
    told = {call.pk for call in found if not came_late(call)}
    legs = legs_seen(told)
    presences: dict[UUID, list[Presence]] = defaultdict(list)
    for presence in Presence.objects.filter(room__call__in=told, present=True).select_related("room").order_by("pk"):
        if presence.room.call_id is not None:
            presences[presence.room.call_id].append(presence)
    taps: dict[UUID, list[Tap]] = defaultdict(list)
    for tap in Tap.objects.filter(leg__call__in=told, ended_at=None).select_related("leg").order_by("sid"):
        taps[tap.leg.call_id].append(tap)
    actions: dict[UUID, list[Action]] = defaultdict(list)
    for action in Action.objects.filter(call__in=told).select_related("by").order_by("-requested_at", "pk"):
        actions[action.call_id].append(action)
    return [card_of(call, legs[call.pk], actions[call.pk], presences[call.pk], taps[call.pk]) for call in found]


def card_of(
    call: Call | SeenCall,
    legs: Sequence[Leg | SeenLeg],
    actions: Sequence[Action],
    presences: Sequence[Presence],
    taps: Sequence[Tap] = (),
) -> Card:
    if call.merged_into_id is not None or came_late(call):
        return Card(call.pk, call.revision, call.team_id, None, None, off=True)
    masked, full = lean.texts(call, legs, actions, presences, taps)
    return Card(call.pk, call.revision, call.team_id, masked, full, off=call.ended_at is not None)


def came_late(call: Call | SeenCall) -> bool:
    """It was over long before anybody told us (an import, a long outage): it leaves without a last look at it.

    By its own times, so that every process says the same of it.
    """
    return call.ended_at is not None and call.heard_at is not None and call.heard_at - call.ended_at > LATE


tail = Tail(hub)
