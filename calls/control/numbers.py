"""Which numbers may be dialled. Pure: from what somebody typed to E.164, or to the sentence why not.

Whoever gets into a desk that dials anything sells its minutes: to premium and satellite numbers, and to countries
where an hour of ringing costs a day's wages. So what is dialled is what is known to be an ordinary number.
"""

import re
import unicodedata
from collections.abc import Collection

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from calls.control.plan import Refusal

LONGEST_TYPED = 64  # characters; 15 digits and room for what is refused by name
E164 = re.compile(r"\+[1-9][0-9]{7,14}")
ADDRESS = re.compile(r"\s*(sips?|client|tel|https?|mailto|whatsapp)\s*:|.*@", re.IGNORECASE | re.DOTALL)
# Keys, extensions and pauses: *72 forwards a line, #31# hides who calls, a comma waits and keys in a code.
KEYS = re.compile(r"[*#,;~]|[0-9]\s*(p|w|x|ext)", re.IGNORECASE)
# Country codes that are no country: satellites, international networks, shared cost, premium rate (ITU-T E.164).
NOWHERE = re.compile(r"\+(800|808|870|878|881|882|883|888|979)")
# Charged by the call, in any area of North America; libphonenumber takes them for ordinary ones.
CHARGED = re.compile(r"\+1[0-9]{3}(976[0-9]{4}|5551212)")
# The area code of films, tests and of our demo. Nobody has such a number, so libphonenumber finds it invalid – and
# nobody earns by it.
MADE_UP = re.compile(r"\+1555[0-9]{7}")
ORDINARY = {
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
}
COSTLY = {
    PhoneNumberType.PREMIUM_RATE: Refusal("premium", "Premium-rate numbers are not dialled."),
    PhoneNumberType.SHARED_COST: Refusal("shared_cost", "Shared-cost numbers are not dialled."),
    PhoneNumberType.PERSONAL_NUMBER: Refusal(
        "personal", "Personal numbers, which follow a person around, are not dialled: they cost like premium ones."
    ),
    PhoneNumberType.PAGER: Refusal("pager", "Pagers are not dialled: nobody there can talk."),
    PhoneNumberType.VOICEMAIL: Refusal("voicemail", "Mailboxes of telephone companies are not dialled."),
}
SHAPE = Refusal("shape", "Write a plus, the country and the number, and nothing between the digits: +14155550177.")
IS_ADDRESS = Refusal("address", "Only telephone numbers can be typed. SIP and client addresses are in the directory.")
HAS_KEYS = Refusal("keys", "Only a number is dialled: no keys such as * and #, no pauses, no extension.")
DIGITS = Refusal("digits", "Write the number with the digits 0 to 9.")
NO_PLUS = Refusal("no_plus", "Begin with a plus and the country, not with 0 or 00: +14155550177.")
SHORT = Refusal("short", "That is too short for a telephone number. Short codes and emergency numbers are not dialled.")
LONG = Refusal("long", "That is too long: a telephone number has 15 digits at most.")
NO_COUNTRY = Refusal("no_country", "No country's numbers begin like this.")
SATELLITE = Refusal("satellite", "Numbers of satellites and international networks belong to no country: not dialled.")
COMPANY = Refusal("company", "Company-wide numbers cost what their owner says. The directory can have it.")
INVALID = Refusal("invalid", "There is no such number in that country. Check its digits.")
OWN_LINE = Refusal("own_line", "This is one of our own lines: the call would go in circles. Choose the line itself.")
CLOSED = Refusal("closed", "Numbers outside the directory are not dialled here: no country is open.")


def verdict(text: str, *, countries: Collection[str], lines: Collection[str]) -> str | Refusal:
    """The number in E.164 if it may be dialled, else why not.

    `countries` as ISO 3166 codes, `lines` the addresses that lead back to us. What is typed is normalised (NFKC makes
    full-width digits ordinary ones) and otherwise taken as it is: who types spaces might as well mean something else.
    """
    number = number_of(text)
    if isinstance(number, Refusal):
        return number
    if number in lines:
        return OWN_LINE
    if not countries:
        return CLOSED
    if why_not := costly(number):
        return why_not
    if MADE_UP.fullmatch(number):
        return number if "US" in countries else elsewhere("US", countries)
    parsed = parse(number)
    if parsed is None:
        return NO_COUNTRY
    country, kind = phonenumbers.region_code_for_number(parsed), phonenumbers.number_type(parsed)
    if country is not None and country not in countries:
        return elsewhere(country, countries)
    if country is None or kind not in ORDINARY:
        return COMPANY if kind == PhoneNumberType.UAN else INVALID
    return number


def number_of(text: str) -> str | Refusal:
    """E.164, or what is wrong with the way it is written."""
    if len(text) > LONGEST_TYPED:
        return LONG
    written = unicodedata.normalize("NFKC", text)
    if E164.fullmatch(written):
        return written
    if ADDRESS.match(written):
        return IS_ADDRESS
    if KEYS.search(written):
        return HAS_KEYS
    if any(letter.isdecimal() and not letter.isascii() for letter in written):
        return DIGITS
    if re.fullmatch(r"\+?[0-9]{1,7}", written):
        return SHORT
    if re.fullmatch(r"\+[0-9]{16,}", written):
        return LONG
    if re.fullmatch(r"\+0[0-9]+", written):
        return NO_COUNTRY
    return NO_PLUS if written[:1].isdigit() else SHAPE


def costly(number: str) -> Refusal | None:
    """Why nobody is ever called at this number, given as E.164. The directory does not take it either."""
    if NOWHERE.match(number):
        return SATELLITE
    if CHARGED.fullmatch(number):
        return COSTLY[PhoneNumberType.PREMIUM_RATE]
    parsed = parse(number)
    return COSTLY.get(phonenumbers.number_type(parsed)) if parsed else NO_COUNTRY


def unfit(number: str) -> Refusal | None:
    """Why nobody is to be rung at this number (E.164): it costs more than a call, or there is no such number."""
    if (why_not := costly(number)) or MADE_UP.fullmatch(number):
        return why_not
    parsed = parse(number)
    return None if parsed and phonenumbers.is_valid_number(parsed) else INVALID


def parse(number: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None


def elsewhere(country: str, countries: Collection[str]) -> Refusal:
    return Refusal(
        "country", f"Numbers in {country} are not dialled from here, only in {', '.join(sorted(countries))}."
    )
