"""Supervisors on a call: who listens is silent from the first instant, and everybody who watches it sees them."""

import pytest

from calls.control import policy
from calls.floor import listeners
from calls.models import Action, Agent, Audit, Leg, Membership, Phone
from tests.conftest import ACCOUNT, group

ROOM = "CF" + "7" * 32
JSON = {"Accept": "application/json"}


class Talk:
    """Dana and Ana in their room, and what Twilio says of it."""

    def __init__(self, twilio, rest, call):
        self.twilio, self.rest, self.call, self.number = twilio, rest, call, 0
        self.sids = {leg.role: leg.pk for leg in call.legs.all()}
        self.says("conference-start")
        for role in ("caller", "agent"):
            self.joins(self.sids[role])

    def says(self, event, sid="", **how):
        self.number += 1
        room = {"ConferenceSid": ROOM, "FriendlyName": f"call-{self.call.pk}", "SequenceNumber": str(self.number)}
        seat = {"Muted": "false", "Hold": "false", "Coaching": "false"} | how | {"CallSid": sid} if sid else {}
        form = room | {"StatusCallbackEvent": event, "Timestamp": "Sat, 21 Nov 2026 20:00:00 +0000"} | seat
        assert self.twilio.post(f"/twilio/conference/?call={self.call.pk}", form).status_code == 204

    def joins(self, sid, **how):
        self.says("participant-join", sid, **how)

    def will_ring(self, sid, **seat):
        """Twilio's answer to the next request for a participant."""
        made = {"account_sid": ACCOUNT, "call_sid": sid, "conference_sid": ROOM, "status": "queued", "hold": False,
                "muted": False, "coaching": False, "call_sid_to_coach": None}  # fmt: skip
        self.rest.answers.append((201, made | seat))

    def rings(self, sid, word, number):
        """As the address says that we gave with the last request."""
        query = "?" + self.rest.asked[-1][1]["StatusCallback"].partition("?")[2].partition("#")[0]
        said = {"From": "+15550100100", "To": self.rest.asked[-1][1]["To"], "Direction": "outbound-api"}
        assert self.twilio.status(sid, word, number, query, **said).status_code == 204

    def legs(self, client):
        told = client.get(f"/calls/{self.call.pk}/", headers=JSON).json()["call"]["legs"]
        return [(leg["role"], leg["name"], leg["muted"]) for leg in told if not leg["ended_at"]]


@pytest.fixture
def talk(twilio, rest, dana_call, supervisors):
    ben, kim, *_ = supervisors
    Phone.objects.create(user=ben, address="+14155550188")
    Phone.objects.create(user=kim, address="client:kim")
    return Talk(twilio, rest, dana_call)


def test_two_supervisors_listen_silent_from_the_first_instant_and_everybody_sees_who(client, talk, wish, supervisors):
    for number, by in enumerate(supervisors[:2]):
        sid = f"CA{number + 5:032x}"
        talk.will_ring(sid, muted=True)
        answer = wish(by, talk.call, "monitor")
        assert answer.json()["state"] == "accepted", answer.content
        asked = talk.rest.asked[-1][1]
        assert asked["To"] == by.phone.address and asked["From"] == "+15550100100"
        silent = ("Muted", "Beep", "StartConferenceOnEnter", "EndConferenceOnExit", "EarlyMedia")
        assert [asked[name] for name in silent] == ["true", "false", "false", "false", "false"]
        assert talk.rest.paths[-1].endswith(f"/Conferences/{ROOM}/Participants.json")
        for place, word in enumerate(("initiated", "ringing", "in-progress")):
            talk.rings(sid, word, place)
        assert Action.objects.filter(by=by, state="accepted").exists(), "ringing is not listening"
        talk.joins(sid, Muted="true")
        assert Action.objects.get(by=by).state == "confirmed"
    heard = [("caller", "", False), ("agent", "Ana Pereira", False)]
    assert talk.legs(client) == [*heard, ("supervisor", "Ben Okafor", True), ("supervisor", "Kim Duarte", True)]


def test_who_hears_whom_is_told_and_where_it_is_not_what_somebody_wished(client, talk, wish, supervisors):
    ben = supervisors[0]
    dana, ana = talk.sids["caller"], talk.sids["agent"]
    sid = "CA" + "5" * 32
    talk.will_ring(sid, muted=True)
    wish(ben, talk.call, "monitor")
    talk.rings(sid, "in-progress", 0)
    talk.joins(sid, Muted="true")

    def told():
        call = client.get(f"/calls/{talk.call.pk}/", headers=JSON).json()["call"]
        return {tuple(pair) for pair in call["hears"]}, call["misheard"]

    both = {(dana, ana), (ana, dana), (sid, dana), (sid, ana)}
    assert told() == (both, [])
    talk.says("participant-unmute", sid)
    red = ["Ana Pereira hears Ben Okafor", "The caller hears Ben Okafor"]
    wrong = [f"{who}: Ben Okafor wished otherwise (monitor)." for who in red]
    assert told() == (both | {(dana, sid), (ana, sid)}, wrong)
    page = client.get(f"/calls/{talk.call.pk}/").content.decode()
    assert "The caller hears Ben Okafor: Ben Okafor wished otherwise (monitor)." in page
    assert "Caller hears Ana Pereira and Ben Okafor." in page
    talk.says("participant-mute", sid, Muted="true")
    assert told() == (both, [])


def test_whoever_is_rung_is_known_before_twilios_answer_is_in(client, talk, wish, supervisors):
    ben = supervisors[0]
    talk.rest.answers.append((503, "busy"))
    wish(ben, talk.call, "monitor")
    talk.rings(sid := "CA" + "5" * 32, "ringing", 0)
    assert Leg.objects.get(pk=sid).person == ben
    told = wish(ben, talk.call, "monitor")
    assert (told.status_code, told.json()["code"]) == (409, "busy")
    assert len(talk.rest.asked) == 1, "nobody is rung twice"


def test_nobody_knows_where_to_ring_lee(talk, wish, supervisors):
    lee = supervisors[2]
    told = wish(lee, talk.call, "monitor")
    assert (told.status_code, told.json()["code"]) == (409, "no_phone")
    assert told.json()["message"].startswith("Nobody knows where to ring you: ")
    assert talk.rest.asked == []
    Agent.objects.create(name="Lee Novak", contact="client:lee", user=lee)
    talk.will_ring("CA" + "5" * 32, muted=True)
    assert wish(lee, talk.call, "monitor").json()["state"] == "accepted"
    assert talk.rest.asked[-1][1]["To"] == "client:lee"


def test_ana_does_not_listen_to_herself(client, talk, wish, supervisors):
    ben = supervisors[0]
    Phone.objects.filter(user=ben).update(address=Agent.objects.get(name="Ana Pereira").contact)
    assert wish(ben, talk.call, "monitor").json()["code"] == "on_it"
    can = client.get(f"/calls/{talk.call.pk}/verbs/").json()["verbs"]
    assert [can[verb] for verb in ("monitor", "whisper", "barge")] == ["You are on this call yourself."] * 3


def test_a_whisper_goes_to_the_agent_from_the_first_word(talk, wish, supervisors):
    talk.will_ring("CA" + "5" * 32, coaching=True, call_sid_to_coach=talk.sids["agent"])
    wish(supervisors[0], talk.call, "whisper")
    asked = talk.rest.asked[-1][1]
    assert (asked["Coaching"], asked["CallSidToCoach"]) == ("true", talk.sids["agent"])
    talk.joins("CA" + "5" * 32, Coaching="true")
    assert Action.objects.get().state == "confirmed"


def test_a_take_over_that_nobody_answers_leaves_the_caller_with_the_agent(client, talk, wish, supervisors):
    sid = "CA" + "5" * 32
    talk.will_ring(sid)
    wish(supervisors[0], talk.call, "take_over")
    talk.rings(sid, "ringing", 0)
    talk.rings(sid, "no-answer", 1)
    action = Action.objects.get()
    assert (action.state, action.code) == ("failed", "target_no-answer")
    assert (
        action.message == "Ben Okafor did not answer. Ana Pereira is still there: nothing has changed for the caller."
    )
    assert len(talk.rest.asked) == 1


def test_other_wishes_go_on_while_somebody_joins_and_no_one_keeps_kim_out(talk, wish, supervisors):
    ben, kim, *_ = supervisors
    talk.will_ring("CA" + "5" * 32, muted=True)
    wish(ben, talk.call, "monitor")
    talk.will_ring("CA" + "6" * 32, muted=True)
    assert wish(kim, talk.call, "monitor").json()["state"] == "accepted"
    assert wish(kim, talk.call, "end", target="call").status_code == 202


def test_one_at_a_time_moves_people_in_the_room(talk, wish, supervisors):
    ben, kim, *_ = supervisors
    assert wish(ben, talk.call, "hold").status_code == 202
    told = wish(kim, talk.call, "kick")
    assert (told.status_code, told.json()["code"], len(talk.rest.asked)) == (409, "busy", 1)


@pytest.mark.parametrize("verb", sorted(policy.PERMISSION))
def test_wes_may_only_watch_whatever_is_wished_of_a_room(talk, wish, wes, verb):
    told = wish(wes, talk.call, verb)
    assert (told.status_code, told.json()["code"], talk.rest.asked) == (403, "forbidden", [])


def test_who_may_listen_may_not_speak(talk, wish, wes):
    Phone.objects.create(user=wes, address="client:wes")
    Membership.objects.filter(user=wes).update(group=group("Listener", "view_call", "monitor_call"))
    for verb in ("whisper", "barge", "take_over"):
        assert wish(wes, talk.call, verb).status_code == 403
    assert talk.rest.asked == []
    talk.will_ring("CA" + "5" * 32, muted=True)
    assert wish(wes, talk.call, "monitor").status_code == 202


def test_the_dialog_says_which_telephone_will_ring(client, talk, supervisors):
    client.force_login(supervisors[0])
    told = client.get(f"/calls/{talk.call.pk}/monitor/", headers=JSON).json()
    assert told == {"phone": "+1 ··· 0188", "there": False}
    (mine,) = [
        effect
        for effect in client.get(f"/calls/{talk.call.pk}/monitor/plan/").json()["effects"]
        if effect["fate"] == "joins"
    ]
    assert mine["then"] == (
        "+1 ··· 0188 is rung for up to 20 s; whoever picks up hears everybody, and is heard by nobody"
    )


@pytest.fixture
def listens(talk, wish, supervisors):
    """Ben is on the call, as he wished."""

    def joins(verb, **seat):
        sid = "CA" + "5" * 32
        talk.will_ring(sid, **{name.lower(): value == "true" for name, value in seat.items()})
        wish(supervisors[0], talk.call, verb)
        talk.rings(sid, "in-progress", 0)
        talk.joins(sid, **seat)
        talk.rest.asked.clear()
        talk.rest.always = lambda sid, form: (204, "")
        listeners.asked.clear()
        return sid

    return joins


def is_disabled(user):
    user.is_active = False
    user.save()


def is_put_out_of_the_team(user):
    Membership.objects.filter(user=user).delete()


def may_only_watch(user):
    Membership.objects.filter(user=user).update(group=group("Watcher", "view_call"))


@pytest.mark.parametrize("taken", [is_disabled, is_put_out_of_the_team, may_only_watch])
@pytest.mark.parametrize(("verb", "seat"), [("monitor", {"Muted": "true"}), ("whisper", {"Coaching": "true"})])
def test_who_may_not_listen_any_more_hears_nothing_more(talk, listens, supervisors, taken, verb, seat):
    sid = listens(verb, **seat)
    listeners.end_listening()
    assert talk.rest.asked == []
    taken(supervisors[0])
    listeners.end_listening()
    assert talk.rest.asked == [(f"{ROOM}/{sid}", {"gone": "true"})]
    entry = Audit.objects.get(what="listening.ended")
    assert (entry.user_id, entry.call_id, entry.facts) == (supervisors[0].pk, talk.call.pk, {"leg": sid})
    listeners.end_listening()
    assert len(talk.rest.asked) == 1, "it is not asked for every second"
    listeners.asked.clear()  # nothing was heard of it for a while, or this is another process
    listeners.end_listening()
    assert (len(talk.rest.asked), Audit.objects.filter(what="listening.ended").count()) == (2, 1)


def test_who_has_spoken_and_goes_back_to_listening_is_muted(talk, listens, wish, supervisors):
    sid = listens("barge")
    assert wish(supervisors[0], talk.call, "monitor").status_code == 202
    assert talk.rest.asked == [(f"{ROOM}/{sid}", {"Muted": "true", "Coaching": "false"})]


def test_a_caller_who_has_nobody_else_to_talk_to_keeps_the_supervisor(talk, listens, supervisors):
    sid = listens("barge")
    talk.says("participant-leave", talk.sids["agent"])
    is_disabled(supervisors[0])
    listeners.end_listening()
    assert talk.rest.asked == []
    talk.joins(talk.sids["agent"])
    listeners.asked.clear()
    listeners.end_listening()
    assert talk.rest.asked == [(f"{ROOM}/{sid}", {"gone": "true"})]


def test_where_nobody_listens_one_look_is_all(talk, django_assert_num_queries):
    with django_assert_num_queries(1):
        listeners.end_listening()
