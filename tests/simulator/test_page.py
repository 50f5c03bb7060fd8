"""The simulator's page: how it is served, who gets in, and what it is told."""

import re
from pathlib import Path

import pytest
import requests

from simulator import page

from .conftest import CALLER, NUMBER, STAY

FOLDER = Path(page.__file__).parent


@pytest.fixture
def picture(twilio):
    """What the page would show now, or only what is new `since` an earlier one."""
    return lambda since={"run": "", "revision": 0}: twilio.get(
        f"/sim/picture?run={since['run']}&since={since['revision']}"
    )


class TestServed:
    @pytest.mark.parametrize("place", ["/", "/sim/", "/sim"])
    def test_the_page_is_at_the_root(self, twilio, place):
        answer = requests.get(twilio.url + place, timeout=5)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "<title>Simulator</title>" in answer.text

    @pytest.mark.parametrize("name", sorted(page.PAGE))
    def test_every_file_has_its_type_and_may_do_nothing_inline(self, twilio, name):
        answer = requests.get(f"{twilio.url}/sim/page/{name}", timeout=5)
        assert answer.content == (FOLDER / name).read_bytes()
        assert answer.headers["content-type"] == page.PAGE[name]
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy

    @pytest.mark.parametrize("name", ["__init__.py", "other.js", "..%2Fdoors.py", "../doors.py", ""])
    def test_nothing_else_is_served(self, twilio, name):
        prepared = requests.Request("GET", "http://x/").prepare()
        prepared.url = f"{twilio.url}/sim/page/{name}"
        assert requests.Session().send(prepared, timeout=5).status_code == 404

    def test_no_code_is_inline_and_nothing_comes_from_elsewhere(self):
        html = (FOLDER / "index.html").read_text()
        assert not re.search(r"<style|\bstyle=|\son\w+=|<script(?![^>]*\bsrc=)|https?:", html)
        assert re.findall(r'(?:src|href)="([^#][^"]*)"', html)
        assert all(one.startswith("/sim/page/") for one in re.findall(r'(?:src|href)="([^#][^"]*)"', html))

    def test_text_never_becomes_html(self):
        bad = re.compile(r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|new Function)")
        scripts = sorted(FOLDER.glob("*.js"))
        assert scripts and [file.name for file in scripts if bad.search(file.read_text())] == []


class TestWhoGetsIn:
    def test_the_pages_of_other_sites_do_not(self, twilio):
        answer = requests.post(
            f"{twilio.url}/sim/faults", json={}, headers={"Origin": "https://elsewhere.example"}, timeout=5
        )
        assert (answer.status_code, answer.json()["error"]) == (
            403,
            "The control doors are not open to the pages of other sites.",
        )

    def test_its_own_page_does(self, twilio):
        assert requests.post(f"{twilio.url}/sim/faults", json={}, headers={"Origin": twilio.url}, timeout=5).ok


class TestThePicture:
    def test_a_call_with_its_leg_its_webhook_and_what_it_hears(self, twilio, application, picture):
        application.says("/voice/", "<Gather timeout='600'><Say>Press 2.</Say></Gather>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        twilio.eventually(lambda: picture()["changed"]["calls"][sid]["listens_for"])
        shown = picture()
        call = shown["changed"]["calls"][sid]
        assert (call["from"], call["to"], call["status"], call["hears"]) == (CALLER, NUMBER, "in-progress", "Press 2.")
        assert shown["ids"]["calls"] == [sid] and shown["live"] == 1
        (webhook,) = shown["changed"]["webhooks"].values()
        assert (webhook["purpose"], webhook["status"], webhook["call"]) == ("voice", 200, sid)

    def test_only_what_has_changed(self, twilio, application, picture):
        application.says("/voice/", STAY)
        one, two = (twilio.ring(from_=CALLER, to=NUMBER)["sid"] for _ in range(2))
        twilio.eventually(lambda: [call["words"] for call in picture()["changed"]["calls"].values()] == [2, 2])
        first = picture()
        again = picture(first)
        assert again["ids"] == {} and not any(again["changed"].values())
        twilio.hang_up(two)
        twilio.eventually(lambda: twilio.call(two)["over"])
        then = picture(first)
        assert [*then["changed"]["calls"]] == [two] and "calls" not in then["ids"]
        assert then["changed"]["calls"][two]["over"] and one in first["changed"]["calls"]

    def test_old_and_new_give_what_a_fresh_page_sees(self, twilio, application, picture):
        application.says("/voice/", "<Dial><Conference>room</Conference></Dial>")
        seen = picture()
        known, order = seen["changed"], seen["ids"]
        for step in range(3):
            sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
            twilio.eventually(lambda sid=sid: twilio.call(sid)["conference_sid"])
            if step == 1:
                twilio.hang_up(sid)
                twilio.eventually(lambda sid=sid: twilio.call(sid)["over"])
            seen = picture(seen)
            order |= seen["ids"]
            for kind, views in seen["changed"].items():
                known[kind] |= views
        fresh = picture()
        assert order == fresh["ids"]
        assert {kind: {name: known[kind][name] for name in order[kind]} for kind in order} == fresh["changed"]

    def test_after_a_restart_everything(self, twilio, picture):
        seen = picture()
        assert picture({"run": "another", "revision": seen["revision"] + 99})["changed"]["switches"]

    def test_of_what_has_ended_the_last_to_end_stays_and_says_from_when_to_when(self, twilio, application, picture):
        application.says("/voice/", STAY)
        sids = [twilio.ring(from_=CALLER, to=NUMBER)["sid"] for _ in range(42)]
        twilio.eventually(lambda: all(call["answered_at"] for call in twilio.calls()))
        for sid in [*sids[1:], sids[0]]:
            twilio.hang_up(sid)
            twilio.eventually(lambda sid=sid: twilio.call(sid)["over"])
        shown, (first, *_) = picture()["changed"]["calls"], twilio.calls()
        assert sids[0] in shown and sids[1] not in shown
        assert (shown[sids[0]]["since"], shown[sids[0]]["ended"]) == (first["answered_at"], first["ended_at"])

    def test_rooms_queues_rest_and_the_debugger(self, twilio, application, client, picture):
        application.says("/voice/", "<Unheard-of/><Enqueue waitUrl='/wait/'>support</Enqueue>")
        application.says("/wait/", "<Pause length='600'/>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (queue,) = twilio.eventually(lambda: [*picture()["changed"]["queues"].values()])
        assert (queue["name"], [one["call"] for one in queue["people"]]) == ("support", [sid])
        assert [one["call_sid"] for one in twilio.truth()["queues"][0]["waiting"]] == [sid]
        application.says("/voice/", "<Dial><Conference>room</Conference></Dial>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        (room,) = twilio.eventually(lambda: [*picture()["changed"]["rooms"].values()])
        assert (room["name"], [one["call"] for one in room["people"]]) == ("room", [sid])
        shown = picture()["changed"]
        assert 12200 in [note["code"] for note in shown["notes"].values()]
        assert "PhoneNumbers" in [*shown["asked"].values()][-1]["path"]

    def test_a_webhook_says_whose_call_it_is_and_by_what_it_is_decided(self, twilio, application, picture):
        twilio.post("/sim/behaviour", add={"who": "client:ana", "answer": "busy"})
        application.says("/voice/", "<Dial action='/dialled/'><Client>ana</Client></Dial>")
        application.says("/dialled/", STAY)
        twilio.ring(from_=CALLER, to=NUMBER)
        twilio.eventually(lambda: application.at("/dialled/"))
        said = [(one["from"], one["to"], one["decides"]) for one in picture()["changed"]["webhooks"].values()]
        assert said == [(CALLER, NUMBER, ["DialCallStatus", "busy"]), (CALLER, NUMBER, None)]

    def test_who_dials_is_shown_with_whom_until_they_answer(self, twilio, application, picture):
        twilio.post("/sim/behaviour", add={"who": "client:ana", "answer": "by-hand"})
        application.says("/voice/", "<Dial timeout='600'><Client>ana</Client></Dial>")
        sid = twilio.ring(from_=CALLER, to=NUMBER)["sid"]
        shown = lambda: picture()["changed"]["calls"]  # noqa: E731
        twilio.eventually(lambda: shown()[sid]["dials"] == ["client:ana"])
        (rung,) = twilio.eventually(lambda: [leg for leg, call in shown().items() if call["by_hand"]])
        twilio.post(f"/sim/calls/{rung}/answer")
        twilio.eventually(lambda: shown()[sid]["dials"] == [])

    def test_which_scenarios_are_played(self, twilio, picture):
        seen = picture()
        twilio.post("/sim/scenario", name="quiet-night")
        then = picture(seen)
        assert [*then["changed"]["plays"]] == then["ids"]["plays"] == ["quiet-night"]
        twilio.post("/sim/scenario", stop="quiet-night")
        assert picture(then)["ids"]["plays"] == []

    def test_what_is_switched_on(self, twilio, picture):
        seen = picture()
        twilio.post("/sim/faults", callbacks={"lost": 0.5})
        assert picture(seen)["changed"]["switches"]["now"]["faults"]["callbacks"]["lost"] == 0.5

    def test_one_webhook_whole(self, twilio, picture):
        twilio.ring(from_=CALLER, to=NUMBER)
        (token,) = twilio.eventually(lambda: picture()["ids"]["webhooks"])
        (webhook,) = twilio.get(f"/sim/webhooks?token={token}")["webhooks"]
        assert webhook["token"] == token and webhook["signature"] and webhook["params"]["From"] == CALLER


class TestAnsweringByHand:
    @pytest.fixture
    def ringing(self, twilio, client):
        """The SID of a leg that rings for a person."""
        twilio.post("/sim/behaviour", add={"who": "client:dana", "answer": "by-hand"})
        sid = client.calls.create(to="client:dana", from_=NUMBER, twiml=f"<Response>{STAY}</Response>", timeout=600).sid
        twilio.eventually(lambda: twilio.call(sid)["rings_by_hand"])
        return sid

    def test_it_rings_until_somebody_answers(self, twilio, ringing):
        twilio.post(f"/sim/calls/{ringing}/answer")
        twilio.eventually(lambda: twilio.call(ringing)["status"] == "in-progress")
        assert not twilio.call(ringing)["rings_by_hand"]

    def test_or_declines(self, twilio, ringing):
        twilio.post(f"/sim/calls/{ringing}/decline")
        twilio.eventually(lambda: twilio.call(ringing)["over"])
        assert (twilio.call(ringing)["status"], twilio.call(ringing)["sip_code"]) == ("busy", 603)

    def test_who_does_neither_is_not_there(self, twilio, client):
        twilio.post("/sim/behaviour", add={"who": "client:dana", "answer": "by-hand"})
        sid = client.calls.create(to="client:dana", from_=NUMBER, twiml="<Response/>", timeout=5).sid
        twilio.eventually(lambda: twilio.call(sid)["over"])
        assert (twilio.call(sid)["status"], twilio.call(sid)["sip_code"]) == ("no-answer", 487)

    def test_the_caller_may_hang_up_meanwhile(self, twilio, client, ringing):
        client.calls(ringing).update(status="canceled")
        twilio.eventually(lambda: twilio.call(ringing)["status"] == "canceled")
        answer = requests.post(f"{twilio.url}/sim/calls/{ringing}/answer", json={}, timeout=5)
        assert (answer.status_code, answer.json()["error"]) == (409, "This leg does not ring by hand.")
