"""Has scenarios played: people change, callers come, requests are made, each at its moment."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from itertools import count
from random import Random
from urllib.parse import urlencode

from . import scenario as scenarios
from .calls import Call, Number
from .chance import anybody, made_up
from .clock import iso
from .exchange import Exchange
from .from_json import WrongSetting
from .generators import When, moments, seconds_until
from .people import manner_of_chosen_caller
from .rest import front
from .scenario import Callers, People, Requests, Scenario
from .settings import LIVELY, Behaviour
from .switchboard import ring_in
from .ways import USUAL, Ways
from .web import Request


@dataclass(frozen=True, slots=True)
class Play:
    """A scenario that is being played. `key` keeps the chance of two plays apart, even of one scenario."""

    key: str
    name: str
    scenario: Scenario
    began_at: datetime
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    callers: list[Call] = field(default_factory=list)


class Director:
    def __init__(self, exchange: Exchange):
        self._exchange = exchange
        self.plays: list[Play] = []

    def begin(self) -> None:
        """What the settings say, from its beginning; after a reset nothing else is played any more."""
        self.plays.clear()
        settings = self._exchange.settings
        if settings.scenario:
            self.play(settings.scenario, settings.places)

    def play(self, name: str, places: dict[str, str] | None = None, to: list[str] | None = None) -> Play:
        """Adds a scenario to what goes on; `to`: whom all its callers call. Raises WrongSetting, and nothing has begun.

        Its settings and numbers are for those who start with it: what runs keeps its own.
        """
        exchange = self._exchange
        scenario = scenarios.read(name, places)
        if to:
            scenario.callers = [replace(callers, to=to) for callers in scenario.callers]
        scenarios.check_numbers(scenario, exchange.numbers.values())
        exchange.settings.personas = {**exchange.settings.personas, **scenario.personas}
        key = f"{scenario.title} {exchange.count(f'scenario {scenario.title}')}"
        play = Play(key, name, scenario, exchange.clock.now())
        self.plays.append(play)
        lives = [self._change(people, self._seated(people)) for people in scenario.people]
        lives += [self._callers(play, one, f"callers {place}") for place, one in enumerate(scenario.callers)]
        lives += [self._requests(play, one, f"requests {place}") for place, one in enumerate(scenario.requests)]
        play.tasks.extend(exchange.spawn(life) for life in lives)
        return play

    def stop(self, name: str) -> None:
        """Nobody comes or changes any more; who calls already goes on. Raises WrongSetting if it is not played."""
        stopped = [play for play in self.plays if play.name == name]
        if not stopped:
            playing = ", ".join(play.name for play in self.plays) or "nothing"
            raise WrongSetting(f"The scenario {name!r} is not played; what is: {playing}.")
        for play in stopped:
            self.plays.remove(play)
            for task in play.tasks:
                task.cancel()

    def as_json(self) -> dict[str, object]:
        playing = [
            {"name": play.name, "title": play.scenario.title, "began_at": iso(play.began_at)} for play in self.plays
        ]
        return {"playing": playing, "known": {name: scenarios.read(name).title for name in scenarios.names()}}

    def _seated(self, people: People) -> Behaviour:
        rule = Behaviour(**{one.name: getattr(people, one.name) for one in fields(Behaviour)})
        # Rules that are there already go before it: they were made by hand.
        self._exchange.settings.behaviour.append(rule)
        return rule

    async def _change(self, people: People, rule: Behaviour) -> None:
        clock, first = self._exchange.clock, rule
        began_at = clock.now()
        changes = sorted((seconds_until(change.at, began_at), nth) for nth, change in enumerate(people.later))
        for turn in count():
            for seconds, nth in changes:
                await self._until(began_at, turn * (people.again or 0) + seconds)
                rule = self._replaced(rule, _changed(rule, people.later[nth]))
            if people.again is None or not changes:
                return
            await self._until(began_at, (turn + 1) * people.again)
            rule = self._replaced(rule, replace(first))

    def _replaced(self, rule: Behaviour, new: Behaviour) -> Behaviour:
        """If it is still there: somebody may have set rules of their own meanwhile."""
        rules = self._exchange.settings.behaviour
        self._exchange.settings.behaviour = [new if one is rule else one for one in rules]
        return new

    async def _callers(self, play: Play, callers: Callers, label: str) -> None:
        mine: list[Call] = []
        async for dice in self._each(play, callers, label):
            mine = [call for call in mine if not call.over]
            if callers.at_most is None or len(mine) < callers.at_most:
                rung = self._ring(callers, dice)
                mine += rung
                play.callers[:] = [call for call in play.callers if not call.over] + rung

    def _ring(self, callers: Callers, dice: Random) -> list[Call]:
        exchange = self._exchange
        numbers = _called(callers, [*exchange.numbers.values()])
        if not numbers:
            return []
        chosen = callers if callers.persona or callers.mix else replace(callers, persona=USUAL)
        settings = exchange.settings
        manner = manner_of_chosen_caller(chosen, settings.habits or LIVELY, dice, settings.personas)
        call = ring_in(
            exchange,
            caller=made_up(dice, callers.caller) if callers.caller else anybody(dice),
            number=dice.choice(numbers),
            manner=manner,
            dice=dice,
        )
        call.caller_name, call.forwarded_from = callers.caller_name, callers.forwarded_from
        return [call]

    async def _requests(self, play: Play, requests: Requests, label: str) -> None:
        nth = count()
        async for dice in self._each(play, requests, label):
            to = requests.to[next(nth) % len(requests.to)] if requests.to else ""
            form = [("To", made_up(dice, to))] if to else []
            for name, value in requests.form.items():
                form += [(name, one) for one in ([value] if isinstance(value, str) else value)]
            # One that is slow to answer does not hold up the next.
            self._exchange.spawn(self._ask(play, requests, form, dice), may_fail=True)

    async def _ask(self, play: Play, requests: Requests, form: list[tuple[str, str]], dice: Random) -> None:
        exchange = self._exchange
        if requests.url:
            await exchange.post.ask("scenario", "scenario", requests.url, "POST", form)
            return
        path = requests.path
        if "{call}" in path:
            # Who was brought by somebody else, such as by hand, is not this scenario's to move.
            talking = [call for call in play.callers if not call.over and call.person and call.person.connected]
            if not talking:
                return
            path = path.replace("{call}", dice.choice(talking).sid)
        settings = exchange.settings
        login = b64encode(f"{settings.account_sid}:{settings.auth_token}".encode()).decode()
        path = f"{front.PREFIX}Accounts/{settings.account_sid}/{path}.json"
        headers = {"authorization": f"Basic {login}"}
        answer = await front.answer(exchange, Request("POST", path, [], headers, urlencode(form).encode(), "127.0.0.1"))
        if isinstance(answer.content, dict) and answer.status >= 400:
            about = f"{requests.name or 'a request'} of the scenario: {answer.content.get('message')}"
            exchange.note(answer.content.get("code", 20001), url=path, detail=about)

    async def _each(self, play: Play, when: When, label: str) -> AsyncIterator[Random]:
        """Dice of its own for each, at its moment: what becomes of one cannot change the next."""
        chance = self._exchange.chance
        for nth, moment in enumerate(moments(when, chance.dice("scenario", play.key, label), play.began_at)):
            await self._until(play.began_at, moment)
            yield chance.dice("scenario", play.key, label, nth)

    async def _until(self, began_at: datetime, seconds: float) -> None:
        clock = self._exchange.clock
        await clock.sleep(max(0.0, seconds - (clock.now() - began_at).total_seconds()))


def _changed(rule: Behaviour, change: Ways) -> Behaviour:
    said = {one.name: getattr(change, one.name) for one in fields(Behaviour) if one.name != "who"}
    said = {name: value for name, value in said.items() if value not in (None, "", {})}
    if "persona" in said or "mix" in said:
        # Somebody of another kind: of the one before nothing is left.
        return Behaviour(rule.who, **said)
    return replace(rule, **said)


def _called(callers: Callers, numbers: list[Number]) -> list[Number]:
    if callers.to:
        return [number for wanted in callers.to for number in scenarios.find(numbers, wanted)]
    return [number for number in numbers if number.voice_url or number.voice_application_sid]
