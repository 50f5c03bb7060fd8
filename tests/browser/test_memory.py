"""A desk that is open all day: its page holds as much after half an hour of a busy floor as at the beginning."""

import time

import pytest

from tests.bench.page import Desk, Memory, open_desk
from tests.bench.stage import Stage
from tests.guards import SOAK

RATE = 100  # changes a second
WARM, LASTS = (60, 1800) if SOAK else (12, 48)  # seconds: until all is seen once that there is to see, and from then
EVERY = 60 if SOAK else 12
LETS_GO = 6  # seconds until what has ended has faded, when no hand holds it in the list
SLACK = 0.1


@pytest.mark.timeout(WARM + LASTS + 300)
def test_the_page_does_not_grow_at_a_hundred_changes_a_second(capsys):
    with open_desk(Stage()) as desk, desk.changes(RATE, WARM + LASTS + EVERY):
        work(desk, WARM)
        found = [desk.memory()]
        for _ in range(LASTS // EVERY):
            work(desk, EVERY)
            found.append(desk.memory())
            with capsys.disabled():
                print(f"\n{found[-1]}" if SOAK else "", end="")
        assert desk.page.locator("#conn[data-state=live]").count() == 1, "it kept up with the floor"
        heard = desk.page.locator("#delay").inner_text()
    assert "from the server" in heard, "changes were painted"
    for name in Memory._fields:
        held = [getattr(one, name) for one in found]
        first, last = min(held[:3]), min(held[-3:])  # what comes and goes is not held
        assert abs(last - first) <= SLACK * first, f"{name}: {held}"


def work(desk: Desk, seconds: float) -> None:
    """What a supervisor does meanwhile: looks at one call after another, and now and then up and down the list."""
    until = time.monotonic() + seconds - LETS_GO
    desk.page.mouse.move(700, 400)
    while time.monotonic() < until:
        for key in ("j", "j", "Enter", "j", "Escape"):
            desk.page.keyboard.press(key)
            time.sleep(0.2)
        desk.page.evaluate("(share) => { grid.scrollTop = share * grid.scrollHeight; }", (time.monotonic() % 7) / 7)
    desk.page.keyboard.press("Escape")
    desk.page.evaluate("() => { grid.scrollTop = 0; }")
    desk.page.mouse.move(700, 10)
    time.sleep(LETS_GO)
