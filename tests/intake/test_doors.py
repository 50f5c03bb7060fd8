"""What Twilio says at our doors, and what the desk's rows say then."""

from calls.models import Board, Call, Leg, Report


def test_a_phoned_in_call_is_greeted_rung_through_and_on_the_board(twilio, line, ana):
    sid, answer = twilio.call_in(From="+14155550177")
    assert answer.status_code == 200, answer.content
    assert b"<Say>" in answer.content and b"step=ring" in answer.content
    call = Call.objects.get()
    assert (call.team, call.line, call.kind, call.direction) == (line.team, line, "inbound", "inbound")
    assert call.revision == Board.objects.get().revision == 1
    leg = Leg.objects.get()
    assert (leg.sid, leg.role, leg.status) == (sid, "caller", "ringing")


def test_dana_talks_to_ana(dana_call, ana):
    assert (dana_call.status, dana_call.agent) == ("talking", ana)
    assert [leg.role for leg in dana_call.legs.order_by("role")] == ["agent", "caller"]


def test_an_unsigned_callback_is_refused_and_leaves_nothing(client, rows):
    response = client.post("/twilio/status/", {"CallSid": "CA" + "0" * 32, "CallStatus": "completed"})
    assert (response.status_code, response.content) == (403, b"")
    assert Report.objects.count() == Leg.objects.count() == 0


def test_the_same_callback_twice_is_one_report_delivered_twice(twilio, dana_call):
    leg = dana_call.legs.get(role="agent")
    said = {"Timestamp": "Sat, 21 Nov 2026 09:00:00 +0000", "CallDuration": "5"}
    before = Board.objects.get().revision
    for _ in range(2):
        assert twilio.status(leg.sid, "completed", 9, **said).status_code == 204
    assert Report.objects.get(body__CallStatus="completed").deliveries == 2
    assert Board.objects.get().revision == before + 1
