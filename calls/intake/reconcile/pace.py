"""How often Twilio is asked: four times a second at most, half as often when that is too much, and ever less often
while no answer comes."""

from collections.abc import Callable

GAP = 0.25  # seconds between two requests at least
WIDEST = 4.0
MOST = 30.0  # seconds that a failure is waited out at most


class Pace:
    """For one thread. `wait(seconds)` may raise, to say that there is nothing more to wait for."""

    def __init__(
        self,
        clock: Callable[[], float],
        wait: Callable[[float], None],
        chance: Callable[[], float],
        *,
        gap: float = GAP,
    ) -> None:
        self.clock, self.wait, self.chance, self.least = clock, wait, chance, gap
        self.gap, self.failures = gap, 0
        self._free_at = self._calm_at = clock()

    def turn(self, *, by: float | None = None) -> None:
        """Wait for our turn. `by`: the moment at which failures count no more (the pace always counts)."""
        calm_at = self._calm_at if by is None else min(self._calm_at, by)
        pause = max(self._free_at, calm_at) - self.clock()
        if pause > 0:
            self.wait(pause)
        self._free_at = self.clock() + self.gap

    def answered(self) -> None:
        self.failures, self.gap = 0, max(self.least, self.gap * 0.9)

    def failed(self, *, too_many: bool) -> None:
        """Full jitter, from one second to thirty; `too_many`: Twilio asks us to ask less often (429)."""
        if too_many:
            self.gap = min(max(WIDEST, self.least), self.gap * 2)
            self._free_at = max(self._free_at, self.clock() + self.gap)
        self._calm_at = self.clock() + self.chance() * min(MOST, 2.0**self.failures)
        self.failures += 1
