"""The hub: open desks by audience. One frame a tick and audience, the same text to every desk of it."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from calls.live import frames
from calls.live.mirror import Audience, Card, Mirror, Picture
from calls.models import Pulse, Rights

HEARTBEAT = 2.0  # seconds between heads
WINDOW_MESSAGES, WINDOW_BYTES = 256, 512 * 1024
CATCH_UP_BYTES = 256 * 1024
ACK_MESSAGES, ACK_BYTES = 64, 128 * 1024  # with so much out a browser acknowledges (static/desk/stream.js)
SILENCE = 30.0  # seconds without an ack while something is out
BOARD_AGE = 2.0  # seconds: older than this the mirror is not called live
log = logging.getLogger(__name__)


class Desk:
    """One open socket: its count of messages, what it has acknowledged, and where its board stands."""

    def __init__(
        self, send: Callable[[str], None], close: Callable[[int], None], session_key: str, rights: Rights, now: float
    ) -> None:
        self._send, self.close = send, close
        self.session_key, self.rights = session_key, rights
        self.audience: Audience | None = None
        self.n = self.acked = 0
        self._sizes: dict[int, int] = {}
        self._out = 0
        self.position = 0
        self.behind = False
        self.held_back = False  # its rights could not be read: it owes us a look at the board anew
        self.owed_rights, self.owed_reload = False, ""  # what it must hear first when it reads again
        self.alarms = ""  # what it was told last: who opens is told, if only that there is none
        self.heard_at = now

    def say(self, inside: str, *, now: float, to: int | None = None) -> bool:
        """Send, or fall behind: past the window nothing goes out until the browser has acknowledged."""
        size = len(inside)  # bytes as well: all of it is ASCII
        if self.behind or self.n - self.acked >= WINDOW_MESSAGES or self._out + size > WINDOW_BYTES:
            self.behind = True
            return False
        if self.n == self.acked:
            self.heard_at = now  # nothing was out: the silence begins with this message
        self.n += 1
        self._sizes[self.n] = size
        self._out += size
        if to is not None:
            self.position = to
        self._send(frames.numbered(self.n, inside))
        return True

    def ack(self, n: int, now: float) -> int:
        """Returns how many bytes are not out any more."""
        if n > self.acked:  # the same one again is no sign of reading on
            self.heard_at = now
        came = sum(self._sizes.pop(number) for number in range(self.acked + 1, n + 1))
        self._out -= came
        self.acked = n
        return came

    @property
    def reads_on(self) -> bool:
        """Another ack is sure to come, unless it stops reading altogether."""
        return self.n - self.acked >= ACK_MESSAGES or self._out >= ACK_BYTES

    def silent(self, now: float) -> bool:
        return self.n > self.acked and now - self.heard_at > SILENCE


@dataclass
class Crowd:
    """The desks of one audience, and the last revision that brought news for it."""

    position: int
    desks: set[Desk] = field(default_factory=set)
    picture: Picture | None = None  # as of `position`


class Hub:
    def __init__(self, mirror: Mirror, clock: Callable[[], float] = time.monotonic) -> None:
        self.mirror, self.clock = mirror, clock
        self.crowds: dict[Audience, Crowd] = {}
        self.desks: set[Desk] = set()
        self.good_at: float | None = None  # when the tail last read the database
        self.good_time = ""
        self.held_back = False  # nobody knows who may see what: nothing goes out, and nothing is called live
        self.pulse = Pulse()  # Twilio, as the tail last read of it

    # Desks come and go -----------------------------------------------------------------------------------------

    def room_for(self, rights: Rights) -> bool:
        mine = sum(desk.rights.user_id == rights.user_id for desk in self.desks)
        return mine < settings.DESK_SOCKETS_PER_USER and len(self.desks) < settings.DESK_SOCKETS_PER_PROCESS

    def enter(self, desk: Desk, now: str) -> None:
        self.desks.add(desk)
        hello = {"version": 2, "heartbeat": HEARTBEAT, "now": now}
        desk.say(frames.message("hello", **hello, rights=desk.rights.digest, you=desk.rights.you), now=self.clock())

    def leave(self, desk: Desk) -> None:
        self.desks.discard(desk)
        self._leave_audience(desk)

    def _leave_audience(self, desk: Desk) -> None:
        if desk.audience is not None:
            self.crowds[desk.audience].desks.discard(desk)
            desk.audience = None

    def crowd(self, audience: Audience) -> Crowd:
        if audience not in self.crowds:
            # Rights change through the day: crowds that nobody belongs to are forgotten before they add up.
            if len(self.crowds) >= 1_000:
                self.crowds = {known: crowd for known, crowd in self.crowds.items() if crowd.desks}
            self.crowds[audience] = Crowd(position=self.mirror.revision)
        return self.crowds[audience]

    # Snapshot and resume ---------------------------------------------------------------------------------------

    @property
    def live(self) -> bool:
        return not self.held_back and self.good_at is not None and self.clock() - self.good_at < BOARD_AGE

    def picture(self, audience: Audience) -> Picture:
        """The board for this audience; the same object, and so packed once, for all who ask at the same position."""
        crowd = self.crowd(audience)
        if crowd.picture is None:
            crowd.picture = self.mirror.picture(audience, crowd.position)
        return crowd.picture

    def sync(self, desk: Desk, epoch: str, revision: int) -> None:
        """Resume from `revision` and join the audience, in one step; or say `reload`. Never a partial recovery."""
        if desk not in self.desks:
            return  # closed while its rights or the board were read
        self._leave_audience(desk)
        desk.behind, desk.owed_reload = False, ""
        if self.held_back:
            desk.held_back = True
            return  # told to look anew as soon as rights can be read
        if epoch != self.mirror.epoch:
            return self.reload(desk, "epoch")
        if revision > self.mirror.revision:
            return self.reload(desk, "ahead")
        desk.position = revision
        desk.audience = desk.rights.audience
        self.crowd(desk.audience).desks.add(desk)
        self._catch_up(desk, desk.audience, otherwise="ring")

    def reload(self, desk: Desk, why: str) -> None:
        self._leave_audience(desk)
        desk.behind = False
        desk.owed_reload = "" if desk.say(frames.message("reload", why=why), now=self.clock()) else why

    def acked(self, desk: Desk, n: int) -> int:
        came = desk.ack(n, self.clock())
        # Not before it has read nearly all: then there is room for what it missed, and it need not look anew.
        if desk.behind and not desk.reads_on:
            self._make_up(desk)
        return came

    def _make_up(self, desk: Desk) -> None:
        """A desk that fell behind reads again: it hears where things stand now, and never the backlog."""
        desk.behind = False
        if desk.owed_rights:
            self._say_rights(desk)
        if desk.owed_reload:
            self.reload(desk, desk.owed_reload)
        elif desk.audience is not None:
            self._catch_up(desk, desk.audience, otherwise="behind")

    def _catch_up(self, desk: Desk, audience: Audience, *, otherwise: str) -> None:
        """One frame with all that this desk missed; `reload` if that is not known any more, or too much."""
        # Up to its crowd's position it missed nothing, however long ago that was and whatever left other boards since.
        if desk.position >= self.crowd(audience).position:
            return
        missed = self.mirror.since(desk.position, audience)
        if missed is None:
            return self.reload(desk, otherwise)
        inside = frames.frame(desk.position, self.mirror.revision, *missed)
        if len(inside) > CATCH_UP_BYTES or not desk.say(inside, now=self.clock(), to=self.mirror.revision):
            self.reload(desk, "behind")

    # News ------------------------------------------------------------------------------------------------------

    def start_over(self) -> None:
        """The mirror was built anew: nothing that a browser holds can be carried on from."""
        self.crowds = {audience: crowd for audience, crowd in self.crowds.items() if crowd.desks}
        for crowd in self.crowds.values():
            crowd.position, crowd.picture = self.mirror.revision, None
        for desk in list(self.desks):
            self.reload(desk, "epoch")

    def tell(self, moved: Iterable[tuple[Card | None, Card]]) -> None:
        """One frame to each audience for which something changed; nothing to the others."""
        moved, now = list(moved), self.clock()
        for audience, crowd in self.crowds.items():
            bodies, gone = news(moved, audience)
            if not bodies and not gone:
                continue
            start, crowd.position, crowd.picture = crowd.position, self.mirror.revision, None
            if crowd.desks:
                inside = frames.frame(start, crowd.position, bodies, gone)
                for desk in list(crowd.desks):
                    if not desk.say(inside, now=now, to=crowd.position) and desk.n == desk.acked:
                        self._make_up(desk)  # larger than the window: no ack would ever come

    def warn(self, alarms: Sequence[tuple[int | None, dict[str, Any]]]) -> None:
        """What is too much now, with the team that it is of: to every desk that was not told just that before."""
        now = self.clock()
        for audience, crowd in self.crowds.items():
            if not crowd.desks:
                continue
            teams = {team for team, _ in audience}
            inside = frames.message("alarms", alarms=[told for team, told in alarms if team in teams])
            for desk in crowd.desks:
                if desk.alarms != inside and desk.say(inside, now=now):
                    desk.alarms = inside

    def beat(self) -> None:
        """Every two seconds: where each audience stands, or that this process no longer knows."""
        now = self.clock()
        for desk in [desk for desk in self.desks if desk.silent(now)]:
            log.info("A desk acknowledged nothing for %d seconds.", SILENCE)
            desk.close(4408)
        if not self.live:
            stale = frames.message("stale", since=self.good_time or None)
            for desk in self.desks:
                desk.say(stale, now=now)
            return
        floor = frames.floor(self.pulse)
        for crowd in self.crowds.values():
            head = frames.message("head", revision=crowd.position, floor=floor)
            for desk in crowd.desks:
                desk.say(head, now=now)

    # Rights ----------------------------------------------------------------------------------------------------

    def regard(self, desk: Desk, rights: Rights | None) -> None:
        """What this desk's person may see was read anew; None: the session is over."""
        if rights is None or rights.secret != desk.rights.secret:
            desk.close(4401)
        elif not rights.watched:
            desk.close(4403)
        elif rights.digest != desk.rights.digest:
            self.change_rights(desk, rights)
            self.reload(desk, "rights")
        elif desk.held_back:
            self.reload(desk, "rights")
        desk.held_back = False

    def hold_back(self) -> None:
        """Rights cannot be read: every desk leaves its audience, and asks anew when they can be."""
        self.held_back = True
        for desk in self.desks:
            self._leave_audience(desk)
            desk.held_back = True

    def change_rights(self, desk: Desk, rights: Rights) -> None:
        self._leave_audience(desk)
        desk.rights = rights
        self._say_rights(desk)

    def _say_rights(self, desk: Desk) -> None:
        inside = frames.message("rights", rights=desk.rights.digest, you=desk.rights.you)
        desk.owed_rights = not desk.say(inside, now=self.clock())


def news(moved: list[tuple[Card | None, Card]], audience: Audience) -> tuple[list[str], list[str]]:
    """(bodies this audience may see, ids it saw and may not see any more)."""
    bodies, gone = [], []
    for before, card in moved:
        text = card.text(audience)
        if text is not None:
            bodies.append(text)
        elif before is not None and before.text(audience) is not None:
            gone.append(str(card.id))
    return bodies, gone


hub = Hub(Mirror())
