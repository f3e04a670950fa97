"""From check-in to the receipt, as a deputy goes, in both orientations and languages."""

from collections.abc import Callable

import pytest

from tests.e2e.host import Host
from tests.e2e.tablet import LANDSCAPE, PORTRAIT, Tablet

Hosts = Callable[..., Host]
Tablets = Callable[..., Tablet]


@pytest.fixture(scope="module")
def host(hosts: Hosts) -> Host:
    """Three votes, one for each way of going."""
    return hosts(styles=["three_way"] * 3, rounds=2, practice=True)


@pytest.mark.parametrize(
    ("vote", "size", "lang", "slower"),
    [(1, LANDSCAPE, "zh", 1), (2, PORTRAIT, "en", 1), (3, LANDSCAPE, "en", 6)],
    ids=["landscape", "portrait", "slow"],
)
def test_a_deputy_checks_in_marks_checks_and_casts(
    host: Host, tablets: Tablets, vote: int, size: tuple[int, int], lang: str, slower: int
) -> None:
    host.open_check_in(vote)
    code = host.grant(1)
    tablet = tablets(host, size=size, lang=lang, slower=slower, clears=slower > 1)
    looks = tablet.inspect if slower == 1 else lambda _: None
    looks_at_idle(tablet.on("idle"), host)
    looks("idle")
    tablet.go.click()
    tablet.on("check_in")
    looks("check_in")
    tablet.type_code(code)
    tablet.go.click()
    tablet.on("waiting")
    looks("waiting")
    host.close_check_in()
    host.open_round()
    tablet.on("marking")  # the poll comes to the deputy
    looks("marking")
    tablet.mark("YYYYYYYY")
    tablet.choice(9, "Y").click()
    assert tablet.marked() == "YYYYYYYY "
    looks("limit")
    tablet.choice(7, "A").click()
    tablet.choice(9, "N").click()
    assert tablet.marked() == "YYYYYYAYN"
    if slower == 1:
        assert tablet.page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    looks("marked")
    tablet.review()
    words = [row.inner_text().split()[-1] for row in tablet.page.locator(".said-list tr").all()]
    assert words == [{"zh": {"Y": "赞成", "N": "反对", "A": "弃权"},
                      "en": {"Y": "For", "N": "Against", "A": "Abstain"}}[lang][m]
                     for m in "YYYYYYAYN"]  # fmt: skip
    looks("review")
    announced = tablet.page.locator(".foot .code").last.inner_text()
    tablet.cast()
    if slower == 1:
        tablet.on("done")
        assert tablet.code == announced
        looks("done")
        tablet.go.click()
    tablet.on("waiting")  # a new document: by the button, or by itself after six seconds
    assert host.cast() == 1
    looks("waiting_next")
    host.close_round()
    assert tablet.storage()["session"] == {}


def looks_at_idle(tablet: Tablet, host: Host) -> None:
    """The idle screen shows the session code that is announced."""
    assert tablet.code == host.session_code
