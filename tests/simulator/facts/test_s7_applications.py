"""§7 and §5.3 of the facts: legs that lead to a TwiML application, to WhatsApp or to a SIM."""

import pytest

from ..conftest import ACCOUNT, CALLER, NUMBER, STAY, dial


@pytest.fixture
def menu(application, client):
    application.says("/menu/", '<Gather numDigits="1" action="/chosen/" timeout="600"><Say>Press one.</Say></Gather>')
    application.says("/chosen/", STAY)
    return client.applications.create(
        friendly_name="Menu", voice_url=f"{application.url}/menu/", status_callback=f"{application.url}/menu-status/"
    )


@pytest.fixture
def in_the_menu(twilio, application, menu):
    """A caller who is put through to the menu: their call, and the application's."""

    def ring(attributes: str = "", inside: str = "") -> tuple[str, str]:
        noun = f"<Application {{}} {attributes}><ApplicationSid>{menu.sid}</ApplicationSid>{inside}</Application>"
        application.says("/voice/", dial(application, noun))
        caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (asked,) = twilio.eventually(lambda: application.at("/menu/"))
        twilio.eventually(lambda: "in-progress" in application.statuses())
        return caller, asked["CallSid"]

    return ring


def test_7_an_application_gets_an_inbound_call_from_whoever_is_put_through(twilio, application, menu, in_the_menu):
    caller, far = in_the_menu(inside='<Parameter name="ref" value="7"/>')
    (asked,) = application.at("/menu/")
    assert (asked["Direction"], asked["From"], asked["To"]) == ("inbound", CALLER, menu.sid)
    assert (asked["CallStatus"], asked["ref"], asked["CustomerId"]) == ("ringing", "7", ACCOUNT)
    assert "ParentCallSid" not in asked.params and far != caller
    assert application.statuses() == ["initiated", "ringing", "in-progress"]
    assert {report["To"] for report in application.at("/status/")} == {f"app:{menu.sid}"}


def test_7_copy_parent_to_tells_it_whom_the_caller_had_called(application, in_the_menu):
    in_the_menu('copyParentTo="true" customerId="shop-12"')
    (asked,) = application.at("/menu/")
    assert (asked["To"], asked["CustomerId"]) == (NUMBER, "shop-12")


def test_7_what_the_caller_keys_is_heard_by_the_application(twilio, application, in_the_menu):
    caller, far = in_the_menu()
    twilio.key(caller, "1")
    (chosen,) = twilio.eventually(lambda: application.at("/chosen/"))
    assert (chosen["CallSid"], chosen["Digits"]) == (far, "1")


def test_7_when_the_application_hangs_up_the_dial_is_over(twilio, application, client, in_the_menu):
    caller, far = in_the_menu()
    client.calls(far).update(status="completed")
    (after,) = twilio.eventually(lambda: application.at("/after/"))
    assert (after["CallSid"], after["DialCallStatus"], after["DialBridged"]) == (caller, "completed", "true")
    (told,) = twilio.eventually(lambda: application.at("/menu-status/"))
    assert (told["CallSid"], told["CallStatus"]) == (far, "completed")


def test_7_when_the_caller_hangs_up_so_does_the_applications_call(twilio, in_the_menu):
    caller, far = in_the_menu()
    twilio.hang_up(caller)
    twilio.eventually(lambda: twilio.call(far)["over"])
    assert twilio.call(far)["status"] == "completed"


@pytest.mark.parametrize(("verbs", "status"), [("<Reject/>", "no-answer"), ('<Reject reason="busy"/>', "busy")])
def test_7_an_application_may_reject(twilio, application, menu, verbs, status):
    application.says("/menu/", verbs)
    application.says("/voice/", dial(application, f"<Application {{}}>{menu.sid}</Application>"))
    twilio.ring(from_=CALLER, to=NUMBER)
    assert twilio.eventually(lambda: application.at("/after/"))[0]["DialCallStatus"] == status


def test_7_an_application_that_is_not_there_has_failed(twilio, application):
    application.says("/voice/", dial(application, f"<Application {{}}>AP{'0' * 32}</Application>"))
    twilio.ring(from_=CALLER, to=NUMBER)
    assert twilio.eventually(lambda: application.at("/after/"))[0]["DialCallStatus"] == "failed"


def test_5_3_an_application_can_be_a_participant(twilio, application, client, menu):
    application.says("/voice/", "<Dial><Conference>r</Conference></Dial>")
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(caller)["conference_sid"])
    made = client.conferences("r").participants.create(to=f"app:{menu.sid}?ref=7", from_=NUMBER, label="bot")
    twilio.eventually(lambda: client.conferences.list()[0].status == "in-progress")
    (asked,) = application.at("/menu/")
    assert (asked["ref"], asked["From"]) == ("7", NUMBER)
    twilio.say(caller, "I lost my card")
    twilio.eventually(lambda: twilio.call(asked["CallSid"])["said"])
    client.calls(made.call_sid).update(status="completed")
    twilio.eventually(lambda: twilio.call(asked["CallSid"])["over"])


@pytest.mark.parametrize(
    ("noun", "to"),
    [("<WhatsApp {}>+14155550188</WhatsApp>", "whatsapp:+14155550188"), ("<Sim>HS1</Sim>", "sim:HS1")],
)
def test_7_dial_calls_whatsapp_and_a_sim(twilio, application, noun, to):
    application.says("/voice/", dial(application, noun))
    caller = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
    twilio.eventually(lambda: twilio.call(caller)["connected"])
    assert [call["to"] for call in twilio.calls() if call["parent_sid"] == caller] == [to]
