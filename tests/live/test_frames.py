"""What a body tells, and what it hides."""

import pytest

from calls.live.frames import mask


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+14155550177", "+1 ··· 0177"),
        ("+35312345678", "+353 ··· 5678"),
        ("+46701234417", "+46 ··· 4417"),
        ("client:ana", "client:ana"),
        ("sip:+14155550177@example.com", "sip:+1 ··· 0177@example.com"),
        ("sip:ana@pbx.example.com", "sip:ana@pbx.example.com"),
        ("", ""),
        ("anonymous", "anonymous"),
        ("12345678", "··· 78"),
    ],
)
def test_who_may_not_see_a_number_sees_where_it_is_from_and_how_it_ends(number, shown):
    assert mask(number) == shown
