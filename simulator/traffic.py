"""People who call the account's numbers of their own accord."""

import asyncio
from dataclasses import replace

from .chance import anybody
from .exchange import Exchange
from .people import manner_of_chosen_caller
from .settings import LIVELY, Traffic
from .switchboard import ring_in
from .ways import USUAL, Chosen


class TrafficGenerator:
    """Arrivals at random (Poisson) at the rate of `settings.traffic`, which may be changed while it runs."""

    def __init__(self, exchange: Exchange):
        self._exchange = exchange
        self._task: asyncio.Task[None] | None = None

    def apply(self) -> None:
        """Starts, stops or changes pace, as the settings now say."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        traffic = self._exchange.settings.traffic
        if traffic.calls_per_minute > 0:
            if self._exchange.settings.habits is None:
                self._exchange.settings.habits = replace(LIVELY)
            self._task = self._exchange.spawn(self._arrivals(traffic))

    async def _arrivals(self, traffic: Traffic) -> None:
        dice = self._exchange.chance.dice("arrivals", self._exchange.count("arrivals"))
        while True:
            await self._exchange.clock.sleep(dice.expovariate(traffic.calls_per_minute / 60))
            if len(self._exchange.live) < traffic.at_most:
                self._ring(traffic)

    def _ring(self, traffic: Traffic) -> None:
        exchange = self._exchange
        numbers = [n for n in exchange.numbers.values() if not traffic.numbers or n.phone_number in traffic.numbers]
        numbers = [number for number in numbers if number.voice_url]
        if not numbers:
            return
        # Dice of the caller's own: who calls next and how does not depend on what became of those before.
        dice = exchange.chance.dice("caller", exchange.count("caller"))
        caller = anybody(dice)
        habits = exchange.settings.habits or LIVELY
        number = dice.choice(numbers)
        chosen = Chosen(mix=traffic.mix) if traffic.mix else Chosen(persona=USUAL)
        manner = manner_of_chosen_caller(chosen, habits, dice, exchange.settings.personas)
        ring_in(exchange, caller=caller, number=number, manner=manner, dice=dice)
