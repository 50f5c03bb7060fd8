import pytest

from simulator.overrides import Overrides, split


def test_2_4_without_a_fragment_one_repeat_after_a_failed_connection_and_no_other():
    url, overrides, refused = split("https://a.example/cb?x=1")
    assert (url, refused) == ("https://a.example/cb?x=1", [])
    assert overrides == Overrides(ct=5000, rt=15000, tt=15000, rc=1, rp=frozenset({"ct"}))
    assert overrides.repeats_on("ct") and not overrides.repeats_on("5xx") and not overrides.repeats_on("rt")


def test_2_4_the_fragment_says_how_often_when_and_how_long():
    url, overrides, refused = split("https://a.example/cb#rc=3&rp=ct,rt,5xx&ct=2000&rt=3000&tt=12000&e=dublin,tokyo")
    assert (url, refused) == ("https://a.example/cb", [])
    assert (overrides.rc, overrides.ct, overrides.rt, overrides.tt) == (3, 2000, 3000, 12000)
    assert [reason for reason in ("ct", "rt", "4xx", "5xx", "protocol") if overrides.repeats_on(reason)] == [
        "ct",
        "rt",
        "5xx",
    ]


@pytest.mark.parametrize("wrong", ["rc=6", "ct=50", "rp=sometimes", "tt=x", "nonsense=1"])
def test_2_4_what_is_out_of_range_is_named_and_ignored(wrong):
    assert split(f"https://a.example/cb#{wrong}") == ("https://a.example/cb", Overrides(), [(11243, wrong)])


@pytest.mark.parametrize(
    ("edges", "refused"),
    [("dublin,tokyo", []), ("atlantis", [(11240, "e=atlantis")]), ("dublin-ix", [(11242, "e=dublin-ix")])],
)
def test_2_4_an_edge_has_to_be_there_and_an_interconnect_ordered(edges, refused):
    assert split(f"https://a.example/cb#e={edges}")[2] == refused


def test_2_4_whoever_has_sent_part_of_an_answer_is_not_asked_again():
    assert not split("https://a.example/cb#rp=all")[1].repeats_on("partial")
