"""When callers come: decided without a telephone, from dice."""

from collections import Counter
from datetime import UTC, datetime
from itertools import islice, takewhile

import pytest

from simulator.chance import Chance
from simulator.from_json import build
from simulator.generators import When, moments

DICE = Chance("1").dice
MONDAY = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def of(when, dice=None):
    return moments(build(When, when), dice or DICE("x"), MONDAY)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [0]),
        ({"at": 30}, [30]),
        ({"at": "09:00"}, [1800]),
        ({"at": "08:00"}, [84_600]),
        ({"at": 5, "every": 10, "times": 3}, [5, 15, 25]),
        ({"every": 600, "until": "09:00"}, [0, 600, 1200]),
    ],
)
def test_moments_that_chance_has_no_part_in(when, expected):
    assert list(of(when)) == expected


def test_arrivals_by_chance_come_at_their_rate():
    came = list(takewhile(lambda moment: moment < 36_000, of({"per_minute": 6})))
    assert len(came) == pytest.approx(3600, rel=0.06)
    gaps = sorted(later - earlier for earlier, later in zip(came, came[1:], strict=False))
    # Of a Poisson stream half the gaps are shorter than ln 2 of the mean.
    assert gaps[len(gaps) // 2] == pytest.approx(6.93, rel=0.1)


def test_a_daily_curve_has_its_hours():
    came = list(islice(of({"curve": {"8": 200, "9": 1000, "11": 500}}), 5000))
    hours = Counter(int((8.5 * 3600 + moment) % 86_400 // 3600) for moment in came if moment < 86_400 - 1800)
    assert set(hours) == {8, 9, 11}
    assert hours[9] == pytest.approx(1000, rel=0.12) and hours[11] == pytest.approx(500, rel=0.15)
    assert hours[8] == pytest.approx(100, rel=0.3)  # half an hour of it is left


def test_a_burst_is_short_and_comes_again():
    came = list(islice(of({"at": 60, "burst": 40, "within": 15, "every": 600}), 80))
    assert came == sorted(came)
    assert all(60 <= moment <= 75 for moment in came[:40]) and all(660 <= moment <= 675 for moment in came[40:])


def test_the_same_dice_give_the_same_moments():
    for when in ({"per_minute": 3}, {"curve": {"9": 60}}, {"burst": 9}):
        assert list(islice(of(when, DICE("a")), 9)) == list(islice(of(when, DICE("a")), 9))
        assert list(islice(of(when, DICE("a")), 9)) != list(islice(of(when, DICE("b")), 9))
