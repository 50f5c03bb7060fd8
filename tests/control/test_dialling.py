"""What may be dialled outside the directory: which numbers, how often, and when a password is asked for first."""

import logging
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from calls.control import dialling, numbers
from calls.control.plan import Refusal
from calls.desk.sign_in import TRIES
from calls.models import Action, Audit, Call, Leg, append_audit
from tests.conftest import LINE, group, person
from tests.control.conftest import may_all

# Numbers ------------------------------------------------------------------------------------------------------------

OPEN = {"US", "GB", "DE", "FR", "ES", "IT", "JP", "SE"}
LINES = {LINE, "+442079460018", "client:hotline"}

DIALLED = """
    +12015550123 +12025550142 +12125550187 +13125550109 +14155550177 +14155552671 +16175550111 +18085550123 +19075550123
    +18002345678 +18335550123 +18445550123 +18555550123 +18665550123 +18775550123 +18885550123
    +15550100907 +15550100200 +15550199999 +15551234567 +15559876543
    +441212345678 +442012345678 +442079460019 +441134960000 +447400123456 +447912345678 +448001234567
    +448081570192 +445612345678
    +4930123456 +498912345678 +4922112345678 +4915112345678 +4915123456789 +491711234567 +498001234567890
    +33123456789 +33491123456 +33612345678 +33801234567 +33912345678
    +34810123456 +34912345678 +34932345678 +34612345678 +34712345678 +34800123456
    +390212345678 +393123456789 +393471234567 +39800123456 +395512345678
    +81312345678 +81612345678 +819012345678 +818012345678 +817012345678 +81120123456 +815012345678
    +468123456 +46311234567 +46701234567 +46731234567 +4620123456
"""
PREMIUM = """
    +19002345678 +19005550123 +19009761234
    +12129761234 +13059760000 +14159769999 +12125551212 +14155551212 +18085551212
    +449012345678 +449098765432 +449112345678 +448451234567 +448431234567 +448701234567 +448712345678 +449830123456
    +499001234567 +499003456789 +499005678901
    +33891123456 +33899123456 +33892123456 +33897123456
    +34803123456 +34806123456 +34807123456 +34803765432
    +39899123456 +39899765432
    +81990123456 +469001234567 +469391234567 +469441234567
    +611900123456 +319061234 +55500123456 +48701234567
"""
SHARED_COST = """
    +4918012345 +491801234567 +491805123456 +491803123456 +33884012345 +34901123456 +34902123456 +39848123456
    +39840123456 +46771234567 +611300123456 +5540041234 +48801234567
"""
PERSONAL = """
    +15002345678 +15005550006 +15215550100 +15225550100 +15335550100 +15445550100 +15665550100 +15775550100 +15885550100
    +447012345678 +447031234567 +447051234567 +447098765432 +4970012345678 +34701234567 +391781234567 +81601234567
    +46751234567
"""
PAGER = "+447640123456 +447660123456 +4916412345 +812012345678 +46740123456 +611631234 +31662345678 +48641234567"
VOICEMAIL = "+49177991234567 +3933101234501 +46254123456789"
SATELLITE = """
    +8701234567 +870773123456 +870601234567 +87810123456789 +878101234567
    +8811234567 +8816123456789 +8817123456789 +881612345678 +8818123456789 +8819123456789
    +882161234567 +88216123456789 +8821312345678 +882991234567 +8823456789012
    +883510012345 +883120012345678 +88351000123456 +883999123456
    +8881234567 +88812345678 +888123456789012
    +97912345678 +979123456789 +979912345678
    +80012345678 +8001234567890 +80087654321
    +80812345678 +8081234567890
"""
COMPANY = """
    +443001234567 +443331234567 +443451234567 +443701234567 +445512345678 +4918500123456 +33806123456 +34511234567
    +81570123456 +46102345678
"""
ELSEWHERE = """
    +15062345678 +14165550123 +16045550123 +15145550123
    +18762101234 +18765551234 +16585551234 +18092345678 +18295551234 +18495551234 +12423591234 +12462501234
    +18682911234 +13453231234 +12645391234 +12684641234 +12844992345 +14413701234 +14734031234 +16494321234
    +16644921234 +17215205678 +17582845678 +17672251234 +17844301234 +18697652917
    +17872345678 +19392345678 +16713001234 +13406421234 +16847331234 +16702345678
    +447781123456 +441481256789 +447797712345 +441534456789 +441624756789 +447911123456
    +39066981234 +79123456789 +74951234567 +77710009998 +77012345678
    +353850123456 +41781234567 +43664123456 +32450001234 +4534412345 +4740612345 +358412345678 +351912345678
    +306912345678 +905012345678 +380501234567 +31101234567 +31612345678 +48512345678
    +8613123456789 +918123456789 +923012345678 +8801812345678 +94712345678 +821020000000 +66812345678 +84912345678
    +639051234567 +62812345678 +60123456789 +6581234567 +85251234567 +886912345678
    +2348021234567 +233231234567 +254712123456 +27711234567 +201001234567 +212650123456 +213551234567 +21620123456
    +25271123456 +23225123456 +263712345678 +243991234567 +22365012345 +221701234567 +2250123456789
    +5351234567 +50934101234 +5926091234 +9607712345 +37121234567 +37061234567 +37251234567 +355672123456
    +38761123456 +381601234567 +37362112345 +38260123456 +93701234567 +9647912345678 +989123456789 +963944567890
    +64211234567 +61412345678 +6797012345 +6767715123 +6785912345 +6777421234
    +522221234567 +5491123456789 +56221234567 +573211234567 +51912345678 +584121234567 +5511961234567
"""
NO_SUCH_NUMBER = """
    +11234567890 +10155550177 +12345678 +1415555017 +141555501777 +19115551234 +17105550123 +17005550100 +1555010090
    +155501009077
    +44123456789 +442079460018123 +449994412 +4420794600 +44712345 +441632960001 +447700900123 +33712345678 +34905123456
    +39892123456 +39895123456
    +4980012345 +4990012345678 +33023456789 +3361234567 +336123456789 +34112345678 +813123456 +4670123456789
"""
NO_COUNTRY = """
    +9991234567 +99912345678 +21012345678 +2141234567 +2171234567 +2591234567 +3841234567 +4221234567 +6991234567
    +8091234567 +8391234567 +8511234567 +8891234567 +9781234567
    +0123456789 +00123456789 +0014155550177 +01632960001
"""
SHORT = """
    911 112 999 110 113 15 17 18 08 000 0 7 611 411 311 211 988 1001 12345 72727 99999 116117 118500 1234567
    +1 +1911 +112 +999 +110 +4411 +44999 +491151 +118118 +1234567 +4499944 +0
"""
LONG = """
    +1234567890123456 +4420794600180000 +49151123456789012 +12345678901234567890 +9999999999999999
    +11111111111111111111111111111111111111111111111111111111111111
"""
NO_PLUS = """
    0014155550177 00441212345678 01114155550177 011441212345678 014155550177 4155550177 14155550177 441212345678
    08001234567 02079460018 0301234567 0612345678 1-415-555-0177 415-555-0177 415.555.0177 1(415)5550177
    0044(0)2079460018 4155550177/8
"""
KEYS = [
    "*72", "*67", "*69", "*82", "**21*+14155550177#", "*21*14155550177#", "*#06#", "#31#", "#31#+14155550177", "#21#",
    "##002#", "*31#+14155550177", "+14155550177#", "+14155550177*", "+14155550177*2", "+14155550177,", "+14155550177;",
    "+14155550177,,,1", "+14155550177;ext=5", "+14155550177;1", "+14155550177p1", "+14155550177P123", "+14155550177w",
    "+14155550177W1", "+14155550177wwww1928", "+14155550177 p 1", "+14155550177x5", "+14155550177 x 5",
    "+14155550177ext5", "+14155550177 ext. 5", "+1415555017*", "+*14155550177", "+1415,5550177",
    "+１４１５５５５０１７７，１", "＊７２", "＃３１＃",
    "+14155550177;phone-context=+1", "+14155550177~", "4155550177,1", "&#43;14155550177",
]  # fmt: skip
ADDRESSES = [
    "sip:dana@pbx.example", "sip:+14155550177@pbx.example", "SIP:dana@pbx.example", "sips:dana@pbx.example",
    " sip:dana@pbx.example", "sip :dana@pbx.example", "ｓｉｐ：dana@pbx.example", "sip:", "sip:dana", "client:ana",
    "Client:ana", "client:", "client :ana", "ｃｌｉｅｎｔ:ana", "client:+14155550177", "tel:+14155550177", "tel:911",
    "http://pbx.example/", "https://pbx.example/14155550177", "mailto:dana@example.com", "whatsapp:+14155550177",
    "dana@pbx.example", "+14155550177@pbx.example", "@", "+14155550177\n@pbx.example",
]  # fmt: skip
OTHER_DIGITS = [
    "+\u0661\u0664\u0661\u0665\u0665\u0665\u0665\u0660\u0661\u0667\u0667",  # Arabic-Indic
    "\u0661\u0664\u0661\u0665",
    "+\u06f1\u06f4\u06f1\u06f5\u06f5\u06f5\u06f5\u06f0\u06f1\u06f7\u06f7",  # Persian
    "+\u0967\u096a\u0967\u096b\u096b\u096b\u096b\u0966\u0967\u096d\u096d",  # Devanagari
    "+\u09e7\u09ea\u09e7\u09eb\u09eb\u09eb\u09eb\u09e6\u09e7\u09ed\u09ed",  # Bengali
    "+\u0e51\u0e54\u0e51\u0e55\u0e55\u0e55\u0e55\u0e50\u0e51\u0e57\u0e57",  # Thai
    "+1415555017\u0667",
    "+1\u0664155550177",
    "\u0661+14155550177",
]
FULL_WIDTH = {
    "＋１４１５５５５０１７７": "+14155550177",
    "+１４１５５５５０１７７": "+14155550177",
    "＋14155550177": "+14155550177",
    "+1415555017７": "+14155550177",
    "＋４４１２１２３４５６７８": "+441212345678",
    "＋８１３１２３４５６７８": "+81312345678",
    "\ufe6214155550177": "+14155550177",  # small plus
    "+\U0001d7cf4155550177": "+14155550177",  # mathematical bold one
    "+1415555\u2070177": "+14155550177",  # superscript zero
    "＋１９００２３４５６７８": "premium",
    "＋８８１６１２３４５６７８９": "satellite",
    "＋１５５５０１００１００": "own_line",
    "９１１": "short",
    "+\u3251": "short",  # 21 in a circle
    "１４１５５５５０１７７": "no_plus",
}
NOT_A_NUMBER = [
    "", " ", "+", "++14155550177", "+ 14155550177", " +14155550177", "+14155550177 ",
    "+14155550177\n", "\n+14155550177",
    "+14155550177\x00", "\x00+14155550177", "+1\t4155550177", "+1 415 555 0177", "+1-415-555-0177", "+1 (415) 555-0177",
    "+1.415.555.0177", "+1/415/5550177", "(+1)4155550177", "+1\u00a04155550177", "+1\u20094155550177",
    "+1\u20114155550177", "+1\u200b4155550177", "\u202a+14155550177\u202c", "\u202e77105555141+", "\ufeff+14155550177",
    "+1415555O177", "+1415555l177", "+1-800-FLOWERS", "+FLOWERS", "-14155550177", "\u221214155550177", "+-14155550177",
    "+14155550177+14155550178", "+14155550177 +14155550178", "+14155550177&to=+19002345678", "+14155550177<Dial/>",
    "+14155550177'", '+14155550177"', "+14155550177%20", "%2B14155550177", "dana", "null", "None",
    "+1e10000000", "+NaN", "+1_415_555_0177", "+1415555017\u2083\u20e3",
    "\u279514155550177", "+1\ufe0f\u20e34155550177",
    "\U0001f4de+14155550177", "\ud800", "+1415555\ud8000177", "ﷺ", "+1\u00bd4155550",
]  # fmt: skip
GROUPS = {
    "premium": PREMIUM.split(), "shared_cost": SHARED_COST.split(), "personal": PERSONAL.split(),
    "pager": PAGER.split(),
    "voicemail": VOICEMAIL.split(), "satellite": SATELLITE.split(), "company": COMPANY.split(),
    "country": ELSEWHERE.split(), "invalid": NO_SUCH_NUMBER.split(), "no_country": NO_COUNTRY.split(),
    "short": SHORT.split(), "long": LONG.split(), "no_plus": NO_PLUS.split(), "keys": KEYS, "address": ADDRESSES,
    "digits": OTHER_DIGITS, "shape": NOT_A_NUMBER, "own_line": [LINE, "+442079460018"],
}  # fmt: skip
TABLE = (
    [(number, number) for number in DIALLED.split()]
    + list(FULL_WIDTH.items())
    + [(typed, code) for code, some in GROUPS.items() for typed in some]
)


@pytest.mark.parametrize(("typed", "told"), TABLE, ids=ascii)
def test_a_number_is_dialled_or_refused_for_a_reason(typed, told):
    verdict = numbers.verdict(typed, countries=OPEN, lines=LINES)
    assert (verdict.code if isinstance(verdict, Refusal) else verdict) == told


def test_every_reason_is_a_sentence_of_its_own():
    told = {typed: numbers.verdict(typed, countries=OPEN, lines=LINES) for typed, code in TABLE if code in GROUPS}
    sentences = {verdict.code: verdict.message for verdict in told.values()}
    assert sentences.keys() == GROUPS.keys()
    assert len(set(sentences.values())) == len(GROUPS)
    assert all(sentence[0].isupper() and sentence[-1] in ".7" for sentence in sentences.values())


def test_without_a_country_nobody_is_dialled(settings):
    settings.DIAL_COUNTRIES = []
    for number in ("+14155550177", "+15550100907", "+441212345678", "+19005550123"):
        told = dialling.check(number, lines=())
        assert told == Refusal("closed", "Numbers outside the directory are not dialled here: no country is open.")


def test_countries_are_those_of_the_settings_however_they_are_written(settings):
    settings.DIAL_COUNTRIES = [" gb", "", "Us "]
    assert dialling.check("+441212345678", lines=()) == "+441212345678"
    told = dialling.check("+4930123456", lines=())
    assert told == Refusal("country", "Numbers in DE are not dialled from here, only in GB, US.")
    settings.DIAL_COUNTRIES = ["GB"]
    assert dialling.check("+15550100907", lines=()).code == "country"


# How often ----------------------------------------------------------------------------------------------------------

NUMBER = "+14155550188"


@pytest.fixture
def calls(billing):
    """Ten callers of Billing."""
    return [Call.objects.create(team=billing, started_at=timezone.now()) for _ in range(10)]


def dialled(by, call, times, *, state="confirmed", ago=timedelta(minutes=5), number=NUMBER, **fields):
    """So often, so long ago, and over again."""
    at = timezone.now() - ago
    fields = {"sent_at": at, "accepted_at": at, "fingerprint": "", "verb": "transfer", "exclusive": False} | fields
    Action.objects.bulk_create(
        Action(by=by, call=call, dials=number, state=state, key=uuid4(), requested_at=at, **fields)
        for _ in range(times)
    )


def dial(by, call, number=NUMBER, *, stepped_up=True, now=None):
    """As a wish does it: "" if it was granted, else the code of the refusal."""
    now = now or timezone.now()
    with transaction.atomic():
        call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if refusal := dialling.cap_refusal(by, call, number, stepped_up=stepped_up, now=now):
            return refusal.code
        action = Action(by=by, call=call, dials=number, verb="transfer", fingerprint="", key=uuid4(), requested_at=now)
        action.save(force_insert=True)
        append_audit(dialling.alarms(by, call, now), at=now)
    return ""


def at_the_same_moment(wishes):
    together, told = threading.Barrier(len(wishes)), []

    def press(by, call):
        together.wait()
        try:
            told.append(dial(by, call))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=wish) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(told)


@pytest.mark.lane_b
def test_bens_21st_call_within_the_hour_is_one_too_many(ben, calls):
    dialled(ben, calls[0], 19)
    assert dial(ben, calls[1]) == ""
    Action.objects.update(state="confirmed")
    assert dial(ben, calls[2]) == "cap_person"
    with transaction.atomic():
        told = dialling.cap_refusal(ben, calls[2], NUMBER, stepped_up=True, now=timezone.now())
    assert told.message == (
        "No more calls outside the directory now: a person has 20 an hour. The next may follow in 55 min."
    )


def test_an_hour_later_ben_may_again_and_meanwhile_others_may(ben, wes, calls):
    dialled(ben, calls[0], 20)
    assert (dial(ben, calls[1]), dial(wes, calls[1])) == ("cap_person", "")
    assert dial(ben, calls[2], now=timezone.now() + timedelta(minutes=56)) == ""


@pytest.mark.lane_b
def test_a_fourth_call_at_once_is_one_too_many(ben, calls):
    assert [dial(ben, call) for call in calls[:4]] == ["", "", "", "cap_at_once"]
    Action.objects.filter(call=calls[0]).update(state="confirmed")
    Leg.objects.create(sid="CA" + "1" * 32, call=calls[0], to_number=NUMBER, status="in-progress")
    assert dial(ben, calls[4]) == "cap_at_once", "confirmed, and still on the line"
    Leg.objects.update(ended_at=timezone.now(), status="completed")
    assert dial(ben, calls[4]) == ""


@pytest.mark.parametrize("state", ["requested", "sending", "accepted", "unknown"])
def test_what_may_be_ringing_counts_as_a_call(ben, calls, state):
    dialled(ben, calls[0], 3, state=state)
    assert dial(ben, calls[1]) == "cap_at_once"


NOT_DIALLED = [
    {"state": "refused", "sent_at": None, "accepted_at": None},
    {"state": "failed", "accepted_at": None, "code": "unreachable"},
    {"state": "failed", "accepted_at": None, "code": "21215"},
    {"state": "overtaken", "sent_at": None, "accepted_at": None},
    {"number": ""},
]
DIALLED_IN_VAIN = [
    {"state": "failed", "code": "target_busy"},
    {"state": "failed", "code": "target_no-answer", "accepted_at": None},
    {"state": "failed", "code": "not_applied"},
    {"state": "overtaken", "accepted_at": None},
    {"state": "abandoned"},
]


@pytest.mark.parametrize("fields", NOT_DIALLED, ids=str)
def test_what_was_never_dialled_is_not_counted(ben, calls, fields):
    dialled(ben, calls[0], 30, **fields)
    assert dial(ben, calls[1]) == ""


@pytest.mark.parametrize("fields", DIALLED_IN_VAIN, ids=str)
def test_what_rang_in_vain_is_counted(ben, calls, fields):
    dialled(ben, calls[0], 20, **fields)
    assert dial(ben, calls[1]) == "cap_person"


@pytest.mark.lane_b
def test_a_team_has_60_an_hour_together(ben, wes, alice, calls, sales):
    for who in (ben, wes, alice):
        dialled(who, calls[0], 19)
    assert [dial(who, call) for who, call in zip((ben, wes, alice), calls[1:4], strict=True)] == ["", "", ""]
    Action.objects.update(state="confirmed")
    kim = person("kim", "Kim", "Duarte")
    assert dial(kim, calls[4]) == "cap_team"
    assert dial(kim, Call.objects.create(team=sales)) == ""


def test_calls_without_a_team_count_together(ben, wes, alice, billing):
    lost, found = Call.objects.create(team=None), Call.objects.create(team=billing)
    for who in (ben, wes, alice):
        dialled(who, lost, 20)
    kim = person("kim", "Kim", "Duarte")
    assert (dial(kim, lost), dial(kim, found)) == ("cap_team", "")


def test_the_desk_has_200_a_day(ben, wes, calls):
    dialled(wes, calls[0], 199, ago=timedelta(hours=20))
    assert dial(ben, calls[1]) == ""
    with transaction.atomic():
        told = dialling.cap_refusal(ben, calls[2], NUMBER, stepped_up=True, now=timezone.now())
    assert told.code == "cap_account"
    assert told.message.endswith("this desk has 200 a day. The next may follow in 4 h.")
    assert dial(ben, calls[2], now=timezone.now() + timedelta(hours=5)) == ""


@pytest.mark.lane_b
@pytest.mark.parametrize("cap", ["cap_person", "cap_at_once", "cap_team", "cap_account"])
def test_ten_in_the_same_moment_get_one_place(ben, wes, alice, calls, cap):
    """One place is left, and ten wishes are made for it, on ten calls."""
    people = [ben] * 10
    if cap == "cap_person":
        dialled(ben, calls[0], 19)
    elif cap == "cap_at_once":
        dialled(ben, calls[0], 2, state="accepted")
    else:
        most, ago = (59, timedelta(minutes=5)) if cap == "cap_team" else (199, timedelta(hours=3))
        dialled(alice, calls[0], most, ago=ago)
        people = [person(f"kim{n}", "Kim", "Duarte") for n in range(10)]
    assert at_the_same_moment(list(zip(people, calls, strict=True))) == ["", *[cap] * 9]


# The alarm ----------------------------------------------------------------------------------------------------------


def rung():
    return [(row.facts["cap"], row.facts["used"]) for row in Audit.objects.filter(what="alarm.dialling").order_by("id")]


@pytest.mark.lane_b
def test_at_70_percent_the_alarm_rings_once(ben, calls, caplog):
    caplog.set_level(logging.WARNING)
    dialled(ben, calls[0], 12)
    for call in calls[:6]:
        assert dial(ben, call) == ""
        Action.objects.update(state="confirmed")
    assert rung() == [("person", 14)]
    row = Audit.objects.get(what="alarm.dialling")
    assert (row.user_id, row.call_id) == (ben.pk, calls[1].pk)
    assert row.facts == {"cap": "person", "used": 14, "most": 20, "team": calls[1].team_id}
    assert "Calls outside the directory: 14 are made, and a person has 20 an hour." in caplog.text
    call_command("verify_audit")


def test_the_next_hour_has_an_alarm_of_its_own(ben, calls):
    dialled(ben, calls[0], 13)
    dial(ben, calls[1])
    later = timezone.now() + timedelta(minutes=90)
    Action.objects.update(state="confirmed")
    Action.objects.filter(requested_at__lt=timezone.now() - timedelta(minutes=1)).update(requested_at=later)
    assert dial(ben, calls[2], now=later + timedelta(seconds=1)) == ""
    assert rung() == [("person", 14), ("person", 14)]


def test_teams_and_the_desk_have_alarms_too_and_one_is_not_anothers(ben, wes, alice, calls, sales):
    dialled(alice, calls[0], 41)
    dial(ben, calls[1])
    dialled(alice, Call.objects.create(team=sales), 41)
    dial(wes, Call.objects.create(team=sales))
    assert rung() == [("team", 42), ("team", 42)]
    dialled(alice, calls[0], 55, ago=timedelta(hours=3))
    kim = person("kim", "Kim", "Duarte")
    dial(kim, calls[2])
    dial(kim, calls[3])
    assert rung() == [("team", 42), ("team", 42), ("account", 140)]


def test_a_refused_wish_rings_no_alarm(ben, calls):
    dialled(ben, calls[0], 20)
    dial(ben, calls[1])
    assert rung() == []


# For the first time -------------------------------------------------------------------------------------------------


def test_a_number_that_nobody_talked_to_asks_for_the_password(ben, wes, calls):
    assert dial(ben, calls[0], stepped_up=False) == "step_up"
    with transaction.atomic():
        told = dialling.cap_refusal(ben, calls[0], NUMBER, stepped_up=False, now=timezone.now())
    assert told.message.endswith("type your password to call a number for the first time.")
    assert dial(ben, calls[0], stepped_up=True) == ""
    assert dial(wes, calls[1], stepped_up=False) == "step_up", "it was dialled, and nobody has answered yet"
    Action.objects.update(state="confirmed")
    assert dial(wes, calls[1], stepped_up=False) == ""
    assert dial(wes, calls[2], "+14155550189", stepped_up=False) == "step_up"


def test_who_has_none_left_is_not_asked_for_a_password(ben, calls):
    dialled(ben, calls[0], 20, number="+14155550111")
    assert dial(ben, calls[1], stepped_up=False) == "cap_person"


# By the real door ---------------------------------------------------------------------------------------------------

PASSWORD = "correct horse battery"


@pytest.fixture
def talking(twilio, line, ana):
    """`talking(3)`: so many callers, each on the phone with an agent."""

    def begin(count):
        begun = []
        for number in range(count):
            sid, _ = twilio.call_in(From=f"+141555502{number:02}")
            call = Call.objects.get(legs__sid=sid)
            said = {"ParentCallSid": sid, "To": f"client:agent{number}", "Direction": "outbound-dial"}
            child = twilio.sid()
            for sequence, word in enumerate(["initiated", "in-progress"]):
                twilio.status(child, word, sequence, f"?call={call.pk}&role=agent", **said)
            begun.append(call)
        return begun

    return begin


@pytest.mark.lane_b
def test_ben_dials_a_number_for_the_first_time_and_types_his_password(wish, ben, billing, talking, rest):
    may_all(ben, billing)
    (call,) = talking(1)
    told = wish(ben, call, "transfer", to=NUMBER)
    assert (told.status_code, told.json()["code"], rest.asked) == (403, "step_up", [])
    wrong = wish(ben, call, "transfer", to=NUMBER, password="my cat")
    assert (wrong.status_code, rest.asked) == (403, [])
    right = wish(ben, call, "transfer", to=NUMBER, password=PASSWORD)
    assert (right.status_code, len(rest.asked), Action.objects.get().dials) == (202, 1, NUMBER)
    assert list(Audit.objects.filter(what="action.refused").values_list("facts__code", flat=True)) == ["step_up"] * 2
    assert PASSWORD not in str(list(Action.objects.values())) + str(list(Audit.objects.values()))


def test_every_wrong_password_is_written_down_and_too_many_are_too(wish, ben, billing, dana_call, rest):
    cache.clear()
    may_all(ben, billing)
    told = [wish(ben, dana_call, "transfer", to=NUMBER, password=f"my cat {n}") for n in range(TRIES + 1)]
    assert {answer.status_code for answer in told} == {403} and rest.asked == []
    assert told[-1].json()["message"].startswith("Too many tries.")
    written = list(Audit.objects.values_list("what", "user_id", "call_id", "facts"))
    refused = {"verb": "transfer", "code": "step_up"}
    assert written == [("action.refused", ben.pk, dana_call.pk, refused)] * (TRIES + 1)
    assert "my cat" not in str(list(Audit.objects.values()))
    call_command("verify_audit")
    cache.clear()


@pytest.mark.parametrize(
    ("to", "code"),
    [("+19005550123", "premium"), ("+8816123456789", "satellite"), ("+254712123456", "country"), ("*72", "keys"),
     ("sip:a@b.example", "address"), ("0014155550177", "no_plus"), (LINE, "own_line"), ("911", "short")],
)  # fmt: skip
def test_what_may_not_be_dialled_is_refused_in_words_and_written_down(wish, ben, billing, dana_call, rest, to, code):
    may_all(ben, billing)
    told = wish(ben, dana_call, "transfer", to=to, password=PASSWORD)
    assert told.status_code in (409, 422) and told.json()["state"] == "refused"
    assert told.json()["message"].endswith((".", "7"))
    assert (rest.asked, Action.objects.count()) == ([], 0)
    assert Audit.objects.get().facts == {"verb": "transfer", "code": code}


def test_who_may_transfer_may_not_therefore_dial_outside(wish, ben, billing, dana_call, rest):
    group("Supervisor", "view_call", "transfer_call")
    told = wish(ben, dana_call, "transfer", to=NUMBER, password=PASSWORD)
    assert (told.status_code, rest.asked) == (403, [])
    assert told.json()["message"] == (
        "You need the permission “Can transfer to numbers outside the directory” on Billing."
    )


@pytest.mark.lane_b
def test_at_the_cap_ten_presses_in_one_moment_are_one_call(ben, billing, talking, rest):
    """Ten callers, ten windows, one place left: Twilio is asked once."""
    may_all(ben, billing)
    calls, told = talking(10), []
    dialled(ben, calls[0], 19)
    together = threading.Barrier(10)

    def press(call):
        client = Client()
        client.force_login(ben)
        form = {"key": str(uuid4()), "to": NUMBER}
        together.wait()
        try:
            told.append(client.post(f"/calls/{call.pk}/transfer/", form, headers={"Accept": "application/json"}))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(answer.status_code for answer in told) == [202] + [409] * 9
    assert {answer.json()["code"] for answer in told if answer.status_code == 409} == {"cap_person"}
    assert (len(rest.asked), Action.objects.count()) == (1, 20)
