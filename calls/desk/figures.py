"""The floor in figures, for the desk's panels and for wallboards: counted once in two seconds, whoever looks."""

import asyncio
import gzip
import json
import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from calls.desk.board import GZIP, no_board, who_asks
from calls.desk.views import SignedIn
from calls.floor.figures import Sheet, read
from calls.live import frames
from calls.models import WallboardLink, rights_of

FRESH = 2.0  # seconds
SHARE = 20  # counting takes at most so small a part of the time
log = logging.getLogger(__name__)
counter = ThreadPoolExecutor(1, thread_name_prefix="figures")


@dataclass(frozen=True)
class Told:
    """What some teams' figures are, as it is sent."""

    text: bytes

    @cached_property
    def etag(self) -> str:
        return f'"{sha256(self.text).hexdigest()[:20]}"'

    @cached_property
    def gzipped(self) -> bytes:
        return gzip.compress(self.text, 1)


class Figures:
    """The last sheet, and what was cut out of it for each set of teams."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self._lock = clock, threading.Lock()
        self.forget()

    def forget(self) -> None:
        self._sheet: Sheet | None = None
        self._due = 0.0
        self._told: dict[tuple[frozenset[int | None], bool], Told] = {}

    def told(self, teams: Collection[int | None], *, names: bool) -> Told:
        """Raises what the database raises."""
        with self._lock:
            began = self.clock()
            if self._sheet is None or began >= self._due:
                self._sheet, self._told = read(timezone.now()), {}
                self._due = self.clock() + max(FRESH, SHARE * (self.clock() - began))
            key = frozenset(teams), names
            if key not in self._told:
                text = json.dumps(self._sheet.of_teams(key[0], names=names), separators=(",", ":"))
                self._told[key] = Told(text.encode())
            return self._told[key]


figures = Figures()


@require_GET
@login_not_required  # asks for itself, as the board does
async def now(request: HttpRequest) -> HttpResponse:
    """Of the teams that one watches, with their agents."""
    rights = await who_asks(request)
    if isinstance(rights, HttpResponse):
        return rights
    try:
        told = await asyncio.get_running_loop().run_in_executor(counter, count, rights.teams)
    except DatabaseError as error:
        log.warning("The figures cannot be counted: %s", error)
        return no_board()
    return answer(request, told)


def count(teams: Collection[int | None]) -> Told:
    """In the thread that counts, which keeps its connection until it fails."""
    try:
        return figures.told(teams, names=True)
    except DatabaseError:
        connection.close()
        raise


def answer(request: HttpRequest, told: Told) -> HttpResponse:
    about = {"ETag": told.etag, "X-Desk-Now": frames.moment(timezone.now()) or "", "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match") == told.etag:
        return HttpResponseNotModified(headers=about)
    if GZIP.search(request.headers.get("Accept-Encoding", "gzip")):
        return HttpResponse(told.gzipped, content_type="application/json", headers=about | {"Content-Encoding": "gzip"})
    return HttpResponse(told.text, content_type="application/json", headers=about)


# Wallboards ---------------------------------------------------------------------------------------------------------


@require_GET
def wallboard(request: SignedIn) -> HttpResponse:
    """Of the teams that one watches."""
    rights = rights_of(request.user)
    if not rights.watched:
        raise PermissionDenied("You are not a member of a team whose calls you may watch.")
    title = ", ".join(rights.team_names[team] for team in rights.teams) or gettext("Wallboard")
    return render(request, "desk/wall.html", {"title": title if len(title) < 60 else gettext("All your teams")})


@require_GET
def wallboard_now(request: SignedIn) -> HttpResponse:
    return on_wall(request, rights_of(request.user).teams)


@require_GET
@login_not_required  # who has the address may look, until it is revoked
def linked_wallboard(request: HttpRequest, token: str) -> HttpResponse:
    return render(request, "desk/wall.html", {"title": link_of(token).name})


@require_GET
@login_not_required
def linked_wallboard_now(request: HttpRequest, token: str) -> HttpResponse:
    return on_wall(request, link_of(token).shown)


def link_of(token: str) -> WallboardLink:
    link = WallboardLink.by_token(token)
    if link is None:
        raise Http404
    return link


def on_wall(request: HttpRequest, teams: Collection[int | None]) -> HttpResponse:
    """Nobody's name, and nobody's number."""
    return answer(request, figures.told(teams, names=False))
