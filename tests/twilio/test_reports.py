"""What Twilio said, in our words: every field, what is kept though it is strange, and what is refused."""

import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.twilio.reports import Report, Source, digest, from_rest, parse
from calls.twilio.schema import Nonsense
from tests.guards import figure
from tests.intake.teller import ACCOUNT

NOW = datetime(2026, 10, 2, 14, 2, 5, tzinfo=UTC)
CA, PARENT, CHILD = "CA" + "1" * 32, "CA" + "2" * 32, "CA" + "3" * 32
CF, RE = "CF" + "4" * 32, "RE" + "5" * 32
CALL = UUID("8b6c2f62-0000-4000-8000-000000000001")
ACTION = UUID("8b6c2f62-0000-4000-8000-000000000002")
BASE = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01"}
LEG = BASE | {"CallSid": CA, "CallStatus": "ringing", "From": "+14155550123", "To": "client:ana"}


def said(door: str, params: dict[str, str], query: str = "", **more: Any) -> Report:
    source = Source.TWIML if door in ("voice", "dial", "queue") else Source.CALLBACK
    return parse(
        door,
        source,
        path=f"/twilio/{door}/",
        query=query,
        pairs=list(params.items()),
        account_sid=ACCOUNT,
        **({"received_at": NOW} | more),
    )


def test_a_progress_callback_in_our_words() -> None:
    report = said(
        "status",
        LEG
        | {
            "CallStatus": "busy",
            "ParentCallSid": PARENT,
            "Direction": "outbound-dial",
            "CallDuration": "0",
            "Duration": "0",
        }
        | {"SipResponseCode": "486", "SequenceNumber": "2", "Timestamp": "Fri, 02 Oct 2026 14:02:03 +0000"},
        f"call={CALL}&role=agent&a={ACTION}",
        idempotency_token="8f3a",
    )
    assert (report.call_sid, report.parent_sid, report.status, report.direction) == (
        CA,
        PARENT,
        "busy",
        "outbound-dial",
    )
    assert (report.sequence, report.duration, report.sip_code) == (2, 0, 486)
    assert report.at == datetime(2026, 10, 2, 14, 2, 3, tzinfo=UTC)
    assert (report.call_id, report.role, report.action_id) == (CALL, "agent", ACTION)
    assert (report.from_number, report.to_number) == ("+14155550123", "client:ana")
    assert (report.idempotency_token, report.url, report.strange) == ("8f3a", "", ())


def test_a_conference_callback_in_our_words() -> None:
    flags = {"Muted": "true", "Hold": "false", "Coaching": "false", "EndConferenceOnExit": "true"}
    room = BASE | {"ConferenceSid": CF, "FriendlyName": f"call-{CALL}", "StatusCallbackEvent": "participant-mute"}
    report = said("conference", room | flags | {"CallSid": CA, "SequenceNumber": "4"})
    assert (report.conference_sid, report.room, report.event) == (CF, f"call-{CALL}", "participant-mute")
    assert (report.muted, report.hold, report.coaching, report.end_on_exit) == (True, False, False, True)
    assert (report.call_sid, report.status, report.sequence) == (CA, "", 4)
    end = said("conference", room | {"StatusCallbackEvent": "conference-end"})
    assert (end.call_sid, end.muted) == ("", None)


def test_a_dial_action_in_our_words() -> None:
    ended = {"DialCallSid": CHILD, "DialCallStatus": "completed", "DialBridged": "true", "DialCallDuration": "42"}
    report = said("dial", LEG | ended, "step=ring&visit=3")
    assert (report.dialled_sid, report.dial_status, report.bridged, report.dial_duration) == (
        CHILD,
        "completed",
        True,
        42,
    )
    assert (report.step, report.visit, report.url) == ("ring", "3", "/twilio/dial/?step=ring&visit=3")


def test_a_recording_callback_in_our_words() -> None:
    report = said("recording", BASE | {"CallSid": CA, "RecordingSid": RE, "RecordingStatus": "completed"})
    assert (report.tap_sid, report.tap_status, report.status) == (RE, "completed", "")


def test_a_verdict_on_who_answered_in_our_words() -> None:
    report = said("amd", BASE | {"CallSid": CA, "AnsweredBy": "machine_end_beep", "MachineDetectionDuration": "4100"})
    assert (report.answered_by, report.call_sid) == ("machine_end_beep", CA)


def test_a_call_by_rest_in_our_words() -> None:
    resource = {
        "sid": CA,
        "parent_call_sid": None,
        "status": "completed",
        "direction": "outbound-api",
        "from": "+15005550100",
        "to": "+14155550123",
        "answered_by": "human",
        "date_created": "Fri, 02 Oct 2026 14:00:00 +0000",
        "start_time": "Fri, 02 Oct 2026 14:00:01 +0000",
        "end_time": "Fri, 02 Oct 2026 14:01:00 +0000",
        "duration": "50",
        "price": "-0.200",
        "subresource_uris": {"events": "…"},
    }
    report = from_rest(resource, asked_at=NOW)
    assert (report.door, report.source, report.call_sid, report.status) == ("rest", Source.REST, CA, "completed")
    assert (report.duration, report.price, report.answered_by) == (50, Decimal("-0.200"), "human")
    assert (report.from_number, report.to_number) == ("+15005550100", "+14155550123")
    assert report.started_at == datetime(2026, 10, 2, 14, 0, tzinfo=UTC)
    assert report.ended_at == report.at == datetime(2026, 10, 2, 14, 1, tzinfo=UTC)
    assert report.received_at == NOW
    live = from_rest(resource | {"status": "in-progress", "end_time": None, "duration": None}, asked_at=NOW)
    assert (live.at, live.ended_at, live.duration) == (NOW, None, None)
    assert live.digest != report.digest
    assert from_rest(resource, asked_at=NOW + timedelta(minutes=1)).digest == report.digest


@pytest.mark.parametrize(
    "price, kept",
    [("-0.0085", "-0.0085"), ("0", "0"), (None, None), ("", None), ("NaN", None), ("1e9", None), ("123456", None)],
)
def test_a_price_is_kept_if_the_column_can_hold_it(price: str | None, kept: str | None) -> None:
    report = from_rest({"sid": CA, "status": "completed", "price": price}, asked_at=NOW)
    assert report.price == (None if kept is None else Decimal(kept))


def test_what_json_can_spell_and_a_database_cannot_store_is_replaced() -> None:
    report = from_rest({"sid": CA, "status": "completed", "caller_name": "a\0b\ud800"}, asked_at=NOW)
    assert report.body["caller_name"] == "a?b?"


@pytest.mark.parametrize("sid", [None, "", "CA1", "RE" + "1" * 32, "../" + CA])
def test_what_is_not_a_call_is_not_read_as_one(sid: str | None) -> None:
    with pytest.raises(Nonsense):
        from_rest({"sid": sid, "status": "completed"}, asked_at=NOW)


@pytest.mark.parametrize(
    "strange",
    [
        {"CallStatus": "teleported"},
        {"StatusCallbackEvent": "participant-danced"},
        {"DialCallStatus": "enlightened"},
        {"RecordingStatus": "melted"},
        {"Timestamp": "half past nine"},
        {"Timestamp": "Fri, 32 Oct 2026 14:02:03 +0000"},
        {"Timestamp": "Fri, 02 Oct 1971 14:02:03 +0000"},
        {"Timestamp": "Fri, 02 Oct 2099 14:02:03 +0000"},
    ],
    ids=str,
)
def test_a_word_that_we_do_not_know_is_kept_and_flagged_and_not_passed_on(strange: dict[str, str]) -> None:
    [(name, word)] = strange.items()
    report = said("status", LEG | strange)
    assert len(report.strange) == 1 and report.strange[0].startswith(f"{name}=") and word[:30] in report.strange[0]
    assert report.body[name] == word
    if name != "Timestamp":
        assert word not in (report.status, report.event, report.dial_status, report.tap_status)
    assert report.at is None


@pytest.mark.parametrize(
    "wrong, reason",
    [
        ({"AccountSid": "AC" + "9" * 32}, "AccountSid is not ours"),
        ({"AccountSid": None}, "AccountSid is not ours"),
        ({"ApiVersion": "2008-08-01"}, "ApiVersion is not 2010-04-01"),
        ({"CallSid": None}, "CallSid is missing"),
        ({"CallStatus": None}, "CallStatus is missing"),
        ({"From": None}, "From is missing"),
        ({"CallSid": CA.lower()}, "CallSid is not a SID"),
        ({"CallSid": CA + "\n"}, "CallSid is not a SID"),
        ({"CallSid": "CA" + "١" * 32}, "CallSid is not a SID"),
        ({"ParentCallSid": CF}, "ParentCallSid is not a SID"),
        ({"CallStatus": "Ringing!"}, "CallStatus is not a word"),
        ({"SequenceNumber": "-1"}, "SequenceNumber is not a number"),
        ({"SequenceNumber": "1" * 10}, "SequenceNumber is not a number"),
        ({"SequenceNumber": "²"}, "SequenceNumber is not a number"),
        ({"CallDuration": "1.5"}, "CallDuration is not a number"),
        ({"Muted": "yes"}, "Muted is neither true nor false"),
        ({"From": "+1415\n555"}, "From is not an address"),
        ({"To": "x" * 301}, "To is too long"),
        ({"To": "client:ana", "Called": "client:bo"}, "To is not an address"),
        ({"Note": "\0"}, "Note holds a NUL"),
        ({"1": "x"}, "a parameter with an impossible name"),
        ({"Timestamp": "Fri, 02 Oct 2026 14:02:03 +0000 and on"}, "Timestamp goes on after its end"),
        ({"FriendlyName": f"call-{CALL}x"}, "FriendlyName goes on after its end"),
    ],
    ids=str,
)
def test_what_twilio_does_not_say_is_nonsense(wrong: dict[str, str | None], reason: str) -> None:
    params = {name: value for name, value in (LEG | wrong).items() if value is not None}
    with pytest.raises(Nonsense, match=f"^{reason}$"):
        said("status", params)


@pytest.mark.parametrize(
    "query",
    ["call=1", "role=boss", "a=x", "role=agent&role=agent", "AccountSid=AC", "step=Menu", f"call={str(CALL).upper()}"],
)
def test_an_address_that_we_never_made_is_nonsense(query: str) -> None:
    with pytest.raises(Nonsense, match="query"):
        said("status", LEG, query)


@pytest.mark.parametrize(
    "number", ["", "anonymous", "+266696687", "client:ana", "sip:ana@example.com;x=1", "whatsapp:+1415"]
)
def test_a_caller_of_any_kind_comes_in(number: str) -> None:
    report = said("voice", LEG | {"From": number, "Caller": number})
    assert report.from_number == number


def test_an_address_is_no_longer_than_the_column_that_keeps_it() -> None:
    short = "&".join(f"q{number}={'x' * 90}" for number in range(5))
    assert len(said("voice", LEG, short).url) <= 500
    with pytest.raises(Nonsense, match="longer than ours"):
        said("voice", LEG, short + "&more=" + "x" * 90)


def test_a_known_name_given_twice_is_nonsense_and_an_unknown_one_is_kept() -> None:
    for name, value in LEG.items():
        if name in ("CallSid", "CallStatus", "From", "To", "AccountSid", "ApiVersion"):
            with pytest.raises(Nonsense, match=f"{name} is given twice"):
                parse_pairs([*LEG.items(), (name, value)])
    report = parse_pairs([*LEG.items(), ("Note", "one"), ("Note", "two")])
    assert report.body["Note"] == "one\ntwo"


def parse_pairs(pairs: list[tuple[str, str]]) -> Report:
    return parse(
        "status", Source.CALLBACK, path="/", query="", pairs=pairs, account_sid=ACCOUNT, received_at=NOW
    )  # fmt: skip


def test_secrets_are_not_kept() -> None:
    report = said("voice", LEG | {"CallToken": '{"parentCallInfoToken":"eyJ"}', "StirPassportToken": "eyJ"})
    assert (report.body["CallToken"], report.body["StirPassportToken"]) == ("[redacted]", "[redacted]")
    assert "eyJ" not in repr(report)
    assert report.digest != said("voice", LEG | {"CallToken": "another", "StirPassportToken": "eyJ"}).digest


def test_a_digest_covers_everything_and_no_two_partitions_share_one() -> None:
    one = digest("status", "/twilio/status/", "a=1", [("A", "1"), ("B", "2")])
    assert one == digest("status", "/twilio/status/", "a=1", [("B", "2"), ("A", "1")])
    assert len(one) == 64
    others = {
        digest("amd", "/twilio/status/", "a=1", [("A", "1"), ("B", "2")]),
        digest("status", "/twilio/status/a=1", "", [("A", "1"), ("B", "2")]),
        digest("status", "/twilio/status/", "a=1A", [("", "1"), ("B", "2")]),
        digest("status", "/twilio/status/", "a=1", [("A", "1B2")]),
        digest("status", "/twilio/status/", "a=1", [("A", "1B"), ("", "2")]),
        digest("status", "/twilio/status/", "a=1", [("A1", ""), ("B", "2")]),
        digest("status", "/twilio/status/", "a=1", [("A", "1:B:2")]),
        digest("status", "/twilio/status/", "a=1", [("A", "11:B1:2")]),
        digest("status", "/twilio/status/", "a=1", [("A", "1"), ("B", "2"), ("B", "2")]),
        digest("status", "/twilio/status/", "a=1", [("A", "2"), ("B", "1")]),
    }
    assert len(others | {one}) == 11


words = st.text(max_size=4)


@settings(max_examples=figure(2_000), deadline=None)
@given(st.lists(st.tuples(words, words), max_size=4), st.lists(st.tuples(words, words), max_size=4))
def test_two_digests_are_one_only_if_the_same_was_said(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    assert (digest("d", "p", "q", one) == digest("d", "p", "q", other)) == (sorted(one) == sorted(other))


# Times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, moment",
    [
        ("Fri, 02 Oct 2026 14:02:03 +0000", datetime(2026, 10, 2, 14, 2, 3, tzinfo=UTC)),
        ("Fri, 2 Oct 2026 14:02:03 +0000", datetime(2026, 10, 2, 14, 2, 3, tzinfo=UTC)),
        ("2 Oct 2026 14:02:03 GMT", datetime(2026, 10, 2, 14, 2, 3, tzinfo=UTC)),
        ("Fri, 02 Oct 2026 16:02:03 +0200", datetime(2026, 10, 2, 14, 2, 3, tzinfo=UTC)),
        ("Fri, 02 Oct 2026 14:02:03 -0000", datetime(2026, 10, 2, 14, 2, 3, tzinfo=UTC)),
        ("2026-10-02T14:02:03Z", datetime(2026, 10, 2, 14, 2, 3, tzinfo=UTC)),
        ("2026-10-02T14:02:03.250Z", datetime(2026, 10, 2, 14, 2, 3, 250_000, tzinfo=UTC)),
        ("2026-10-02T14:02:03.123456789Z", datetime(2026, 10, 2, 14, 2, 3, 123_456, tzinfo=UTC)),
        ("Thu, 01 Jan 2026 00:00:00 +0000", datetime(2026, 1, 1, tzinfo=UTC)),
        ("Wed, 31 Dec 2025 23:59:60 +0000", None),
        ("Sun, 25 Oct 2026 01:30:00 +0100", None),
        ("", None),
        ("0", None),
        ("Fri, 02 Oct 2026 14:02:03 +9999", None),
        ("9999-12-31T23:59:59-23:59", None),
    ],
)
def test_a_time_is_in_utc_or_it_is_none(text: str, moment: datetime | None) -> None:
    assert said("status", LEG | {"Timestamp": text}).at == moment


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60), st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,3} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} [+-][0-9]{4}")
    ),
    st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)),
    st.integers(-14, 14),
)
def test_whatever_stands_for_a_time_a_report_has_one_in_utc_or_none(text: str, received: datetime, hours: int) -> None:
    received_at = received.replace(tzinfo=timezone(timedelta(hours=hours)))
    try:
        report = said("status", LEG | {"Timestamp": text}, received_at=received_at)
    except Nonsense:
        return
    assert report.received_at == received_at and report.received_at.tzinfo is UTC
    assert report.at is None or report.at.tzinfo is UTC
    assert (report.at is None) == bool(report.strange or not text)


def test_the_zone_of_this_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for zone in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        assert (
            said("status", LEG | {"Timestamp": "Sun, 25 Oct 2026 00:30:00 +0000"}, received_at=expected).at == expected
        )
    monkeypatch.undo()
    time.tzset()
