"""Who sits at the open desks and what they may see, read again every two seconds by one grouped read."""

import asyncio
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from calls.models import Rights, read_rights
from calls.models.rows import take

LONGEST_KEY = 40  # of django_session


class Watch:
    """Reads rights for sessions. Whoever asks while a read is under way waits for the next one, with all others."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="rights")
        self._asked: set[str] = set()
        self._next: asyncio.Future[dict[str, Rights]] | None = None
        self._reading: asyncio.Task[None] | None = None

    async def read(self, session_keys: Iterable[str]) -> dict[str, Rights]:
        """The rights behind each session key, as of after this call. A key that is missing has no session any more."""
        # One statement reads for all who ask: what cannot be a key (a cookie may hold a NUL) must not spoil it.
        wanted = {key for key in session_keys if key.isascii() and key.isalnum() and len(key) <= LONGEST_KEY}
        if not wanted:
            return {}
        loop = asyncio.get_running_loop()
        if self._next is None or self._next.get_loop() is not loop:
            self._next = loop.create_future()
        if self._reading is None or self._reading.get_loop() is not loop or self._reading.done():
            self._reading = loop.create_task(self._read_until_nobody_asks())
        self._asked |= wanted
        found = await asyncio.shield(self._next)
        return {key: rights for key, rights in found.items() if key in wanted}

    async def _read_until_nobody_asks(self) -> None:
        loop = asyncio.get_running_loop()
        while self._next is not None:
            answer, self._next = self._next, None
            asked, self._asked = self._asked, set()
            try:
                found = await loop.run_in_executor(self._executor, read_sessions, asked)
            except Exception as error:  # noqa: BLE001  the database's; those who asked hear of it
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(found)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, let_go)


def let_go() -> None:
    """Close this thread's connection; `connection.close`, handed to a thread, would be its asker's."""
    connection.close()


def read_sessions(keys: Collection[str]) -> dict[str, Rights]:
    """Valid sessions only: not run out, of an active person, whose password is still the one of the sign-in.

    This thread keeps its connection: to make one takes longer than to read.
    """
    kept = connection.connection is not None
    try:
        return read_now(keys)
    except (InterfaceError, OperationalError):
        connection.close()
        if not kept:
            raise
        return read_now(keys)  # whoever was at the other end may only have started anew


def read_now(keys: Collection[str]) -> dict[str, Rights]:
    sittings, now = {}, timezone.now()
    for session in take(Session, "session_key", keys):
        inside = session.get_decoded()
        if session.expire_date > now and SESSION_KEY in inside:
            sittings[session.session_key] = (int(inside[SESSION_KEY]), inside.get(HASH_SESSION_KEY, ""))
    rights = read_rights({user for user, _ in sittings.values()})
    return {
        key: rights[user]
        for key, (user, secret) in sittings.items()
        if rights[user].active and constant_time_compare(secret, rights[user].secret)
    }


watch = Watch()
