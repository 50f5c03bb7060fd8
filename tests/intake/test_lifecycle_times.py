"""Clocks that differ, times that are missing or make no sense: nothing lasts less than no time, and all is in UTC."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.intake.lifecycle import LegState, moment
from calls.twilio.reports import Report
from calls.twilio.schema import Nonsense
from tests.intake.endings import Floor
from tests.intake.scripts import SCRIPTS, Script
from tests.intake.teller import Cast, Said, stamp

MOMENTS = [
    datetime(2026, 10, 2, 14, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC),  # Europe puts its clocks forward
    datetime(2026, 10, 25, 0, 59, 30, tzinfo=UTC),  # and back
    datetime(2026, 11, 1, 5, 59, 30, tzinfo=UTC),  # America
    datetime(2026, 12, 31, 23, 59, 30, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 59, 30, tzinfo=UTC),
]
seconds = st.integers(-600, 600)
garbled = st.one_of(
    st.sampled_from(["", "now", "Fri, 31 Feb 2026 25:61:61 +0000", "0", "Thu, 01 Jan 1970 00:00:00 +0000", "14:00"]),
    st.text(max_size=40),
)
clocks = st.one_of(st.none(), st.just("missing"), garbled.map(lambda text: f"={text}"), seconds)


def retimed(said: Said, clock: str | int | None, late: int) -> Report | None:
    """The request as a Twilio with another clock would have sent it, arriving late (or early, by ours)."""
    params = dict(said.params)
    if clock == "missing":
        params.pop("Timestamp", None)
    elif isinstance(clock, str):
        params["Timestamp"] = clock[1:]
    elif clock is not None and "Timestamp" in params:
        params["Timestamp"] = stamp(said.began + timedelta(seconds=said.at + clock))
    happened = said.began + timedelta(seconds=said.at)
    try:
        return Said(said.door, said.at, params, said.query, said.began).arriving(happened + timedelta(seconds=late))
    except Nonsense:
        return None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SCRIPTS), st.sampled_from(MOMENTS), st.data())
def test_whatever_the_clocks_say_nothing_lasts_less_than_no_time(
    script: Script, began: datetime, data: st.DataObject
) -> None:
    cast = Cast(1, began=began)
    told = script.told(cast)
    deliveries = [(said, data.draw(clocks), data.draw(seconds)) for said in data.draw(st.permutations(told))]
    deliveries += data.draw(st.lists(st.tuples(st.sampled_from(told), clocks, seconds), max_size=5))
    deliveries = deliveries[data.draw(st.integers(0, len(deliveries))) :]
    reports = [report for said, clock, late in deliveries if (report := retimed(said, clock, late))]
    floor = Floor()
    for report in reports:
        before = {sid: leg.answered_at for sid, leg in floor.legs.items() if leg.answered_at}
        floor.hear(report)
        assert all(floor.legs[sid].answered_at <= at for sid, at in before.items())  # type: ignore[operator]
    assert floor == Floor().hear_all(reversed(reports))
    for leg in floor.legs.values():
        in_order(leg)
    for room, sid in floor.presences:
        seen = floor.attendance(room, sid)
        assert seen.hold_seconds >= 0
        if seen.joined_at and seen.left_at:
            assert seen.joined_at <= seen.left_at
    call = floor.call(script, cast)
    if call.started_at and call.ended_at:
        assert call.started_at <= (call.answered_at or call.ended_at) <= call.ended_at


def in_order(leg: LegState) -> None:
    times = [leg.started_at, leg.ringing_at, leg.answered_at, leg.ended_at]
    assert all(at.tzinfo is UTC for at in times if at)
    assert all(earlier <= later for earlier, later in pairwise(at for at in times if at))
    assert leg.duration is None or leg.duration >= 0


def test_moments_are_kept_to_the_millisecond() -> None:
    assert moment(None) is None
    assert moment(1_790_949_600_123) == datetime(2026, 10, 2, 14, 0, 0, 123_000, tzinfo=UTC)
