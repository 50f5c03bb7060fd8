"""The signature, against the vectors of Twilio's documentation and against the official library."""

import pytest
from twilio.request_validator import RequestValidator

from simulator.signature import sign, signed_url

CLASSIC = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212"}
CALLERS = {"Caller": "+14158675310", "From": "+14158675310"}
VECTORS = [
    ("https://example.com/myapp.php?foo=1&bar=2", {**CLASSIC, **CALLERS}, "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        {**CLASSIC, "Caller": "+14158675309", "From": "+14158675309"},
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    ),
    (
        "https://example.com/j?bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862",
        {},
        "6GDIxue6P6vEr2mLx8Gq5cr0sCg=",
    ),
    ("https://example.com/x", {"FromCity": "São Paulo", "FromState": ""}, "gOd3vvOqnAq1//PGJwiJ5IobSD8="),
    ("wss://example.com/stream", {}, "KG4JbhDlv15BMlxSTOWKt9btbgg="),
]


@pytest.mark.parametrize(("url", "params", "signature"), VECTORS)
def test_1_1_it_signs_as_the_documentation_does(url, params, signature):
    assert sign("12345", url, params.items()) == signature


def test_1_1_a_value_that_is_repeated_counts_once():
    repeated = [("A", "2"), ("A", "1"), ("A", "2")]
    assert sign("12345", "https://e.com/x", repeated) == "Jzp5kg91saOnNOmvAml0Amp+uIY="


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://a.example/cb#rc=3&rp=5xx", "https://a.example/cb"),
        ("http://a.example:8000/cb?x=1#rc=3", "http://a.example:8000/cb?x=1"),
        ("https://a.example:8443/cb?x=%20y", "https://a.example/cb?x=%20y"),
        ("https://me:secret@a.example/cb", "https://a.example/cb"),
        ("https://[::1]:8443/cb", "https://[::1]/cb"),
    ],
    ids=["fragment", "http keeps the port", "https drops it", "user and password", "IPv6"],
)
def test_1_2_what_is_signed_of_a_url(url, signed):
    assert signed_url(url) == signed


def test_1_2_the_official_library_accepts_a_port_that_was_dropped():
    signature = sign("12345", signed_url("https://a.example:8443/cb"), [("A", "1")])
    assert RequestValidator("12345").validate("https://a.example:8443/cb", {"A": "1"}, signature)
