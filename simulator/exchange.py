"""The telephone exchange: everything that exists in a run, and the tasks that keep it going."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from copy import deepcopy
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeVar

from .calls import Application, Call, Number
from .chance import Chance, new_sid
from .clock import Clock, Timer, iso
from .people import Manner, manner_of_callee
from .post import Post
from .settings import Habits, Settings
from .wire import Wire

if TYPE_CHECKING:
    from .conferences import Conference
    from .queues import Queue
    from .recordings import Recording

T = TypeVar("T")


class Exchange:
    def __init__(self, settings: Settings, clock: Clock, wire: Wire | None = None):
        self._as_started = deepcopy(settings)
        self.settings = settings
        self.clock = clock
        self.chance = Chance(settings.seed)
        self.calls: dict[str, Call] = {}
        self.live: dict[str, Call] = {}
        self.conferences: dict[str, Conference] = {}
        self.rooms: dict[str, Conference] = {}
        self.numbers: dict[str, Number] = {}
        self.applications: dict[str, Application] = {}
        self.queues: dict[str, Queue] = {}
        self.recordings: dict[str, Recording] = {}
        self.notes: deque[dict[str, object]] = deque(maxlen=settings.remembered)
        self.asked: deque[dict[str, object]] = deque(maxlen=settings.remembered)
        self.post = Post(settings, clock, self.chance, wire or Wire(settings), spawn=self.spawn, note=self.note)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._counts: dict[str, int] = {}
        self._next_dial = 0.0
        self._resets = 0
        self.asking = 0
        # Called when the run has lasted as long as it is to last.
        self.over: Callable[[], None] = lambda: None
        self._begin()

    async def open(self) -> None:
        await self.post.open()

    async def close(self) -> None:
        await self._stop_everything()
        await self.post.close()

    async def reset(self, seed: str = "") -> None:
        """As if just started: no calls, the numbers as configured; silently, nobody is called back.

        Without a seed it is another one each time, that of the start with a number: no SID comes twice.
        """
        await self._stop_everything()
        await self.post.wire.hang_up()
        for name, value in vars(deepcopy(self._as_started)).items():
            setattr(self.settings, name, value)
        self._resets += 1
        self.settings.seed = self.chance.seed = seed or f"{self.settings.seed}.{self._resets}"
        for memory in (
            self.calls,
            self.live,
            self.conferences,
            self.rooms,
            self.numbers,
            self.applications,
            self.queues,
            self.recordings,
            self.notes,
            self.asked,
            self._counts,
        ):
            memory.clear()
        self._next_dial = 0.0
        self.post.reset()
        self._begin()

    def spawn(self, life: Coroutine[Any, Any, T], *, may_fail: bool = False) -> asyncio.Task[T]:
        """Starts a task; it ends with the run at the latest. If one fails that may not, the simulator is at fault."""
        task = asyncio.get_running_loop().create_task(life)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(_look_away if may_fail else self._look_for_faults)
        return task

    def later(self, seconds: float, act: Callable[..., object], *args: object) -> Timer:
        """Does it so many simulated seconds from now, unless cancelled. If it fails, the simulator is at fault."""

        def act_or_own_up() -> None:
            try:
                act(*args)
            except Exception as error:
                self._own_up(error)

        return self.clock.later(seconds, act_or_own_up)

    def note(self, code: int, *, subject: str = "", url: str = "", detail: str = "") -> None:
        """An entry in the account's debugger."""
        sid = new_sid("NO", self.chance.dice("note", self.count("notes")))
        now = iso(self.clock.now())
        self.notes.append({"sid": sid, "code": code, "subject": subject, "url": url, "detail": detail, "at": now})

    def count(self, what: str) -> int:
        self._counts[what] = self._counts.get(what, 0) + 1
        return self._counts[what]

    def add(self, call: Call) -> None:
        self.calls[call.sid] = self.live[call.sid] = call
        _forget_oldest(self.calls, self.settings.remembered)

    def add_conference(self, conference: "Conference") -> None:
        self.conferences[conference.sid] = self.rooms[conference.name] = conference
        _forget_oldest(self.conferences, self.settings.remembered)

    def add_recording(self, recording: "Recording") -> None:
        self.recordings[recording.sid] = recording
        _forget_oldest(self.recordings, self.settings.remembered)

    def number(self, address: str) -> Number | None:
        return next((number for number in self.numbers.values() if number.phone_number == address), None)

    def who_answers(self, number: Number) -> Number | Application | None:
        """Whose voice URLs hold: the number's own, or its application's. A trunk's calls go elsewhere: to nobody here.

        Source: https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
        """
        if number.trunk_sid:
            return None
        return self.applications.get(number.voice_application_sid) if number.voice_application_sid else number

    def owns(self, address: str) -> bool:
        """May calls be made from it? (A number of the account, or a verified caller ID.)"""
        return self.number(address) is not None or address in self.settings.verified_callers

    def barred(self, address: str) -> int | None:
        """Why the account must not call it, in Twilio's code."""
        return next((rule.code for rule in self.settings.barred if fnmatchcase(address, rule.who)), None)

    def manner_of_callee(self, call: Call) -> Manner:
        habits = self.settings.habits or Habits()
        manner = manner_of_callee(call.to, habits, self.settings.behaviour, call.dice, self.settings.personas)
        if manner.one_call and any(other.ringing_at for other in self._others_of(call)):
            return replace(manner, answer="busy", after=0.3)
        return manner

    def talks_elsewhere(self, call: Call) -> bool:
        """Has the callee answered another call meanwhile, or made one?"""
        return any(other.answered_at or other.direction == "inbound" for other in self._others_of(call))

    def seconds_to_dial(self) -> float:
        """How long a call would have to wait that was made now."""
        return max(0.0, self._next_dial - self.clock.now().timestamp())

    async def wait_to_dial(self) -> float:
        """Waits for this call's turn (REST-created calls leave one by one); returns the simulated seconds it took.

        Source: https://support.twilio.com/hc/en-us/articles/223180028 (calls per second).
        """
        pace = self.settings.calls_per_second
        if not pace:
            return 0.0
        now = self.clock.now().timestamp()
        turn = max(now, self._next_dial)
        self._next_dial = turn + 1 / pace
        await self.clock.sleep(turn - now)
        return turn - now

    def _others_of(self, call: Call) -> list[Call]:
        """The callee's other live legs."""
        legs = [other for other in self.live.values() if other is not call]
        return [other for other in legs if call.to == (other.from_ if other.direction == "inbound" else other.to)]

    def _begin(self) -> None:
        if self.settings.lasts is not None:
            self.later(self.settings.lasts, lambda: self.over())
        self.settings.faults.begin(self.clock.now())
        for configured in self.settings.numbers:
            # A number keeps its SID over resets: it is the same number.
            sid = new_sid("PN", Chance(self._as_started.seed).dice("number", configured.phone_number))
            now = self.clock.now()
            self.numbers[sid] = Number(**asdict(configured), sid=sid, created_at=now, updated_at=now)

    async def _stop_everything(self) -> None:
        for call in self.live.values():
            if call.person:
                call.person.gone()
        me = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not me]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.clock.reset()

    def _look_for_faults(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (error := task.exception()):
            self._own_up(error)

    def _own_up(self, error: BaseException) -> None:
        self.note(0, detail=f"simulator fault: {error!r}")
        asyncio.get_running_loop().call_exception_handler({"message": "simulator fault", "exception": error})


def _forget_oldest(things: dict[str, Any], most: int) -> None:
    """A demonstration may run for weeks: of what is over, only the last few thousand are kept."""
    if len(things) > most:
        oldest, thing = next(iter(things.items()))
        if thing.over:
            del things[oldest]


def _look_away(task: asyncio.Task[Any]) -> None:
    # Whoever waited for it has the error, or has gone away; an error nobody takes would be logged as forgotten.
    if not task.cancelled():
        task.exception()
