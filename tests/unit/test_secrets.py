"""Secrets: no text that went through `redacted` shows one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recon.base import secrets
from recon.base.secrets import redacted, remembered

CANARY = "tie;out}= ü\\\"'"


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget what other tests have read."""
    monkeypatch.setattr(secrets, "_known", [])
    yield


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("DRIVER={x};PWD=s3cret;SERVER=a", "s3cret"),
        ("pwd={s3;cret}};x};SERVER=a", "cret"),
        ("Password = s3cret words", "s3cret"),
        ("AccessToken=s3cret", "s3cret"),
        ("the bot xoxb-12-34-s3cret said", "s3cret"),
        ("xoxe.xoxp-1-s3cret", "s3cret"),
        ("xapp-1-A0-s3cret", "s3cret"),
        ("POST https://hooks.slack.com/services/T0/B0/s3cret failed", "s3cret"),
        ("hooks.slack.com/workflows/T0/A0/1/s3cret", "s3cret"),
        ("hooks.slack-gov.com//services/T0/B0/s3cret", "s3cret"),
        ('"POST /services/T01/B02/s3cret HTTP/1.1" 404', "s3cret"),
        ("through http://me:s3cret@proxy:8080/", "s3cret"),
        ("Authorization: Bearer s3cret.s3cret", "s3cret"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, secret: str) -> None:
    """Also where nobody has read it as one."""
    assert secret not in redacted(text)
    assert "***" in redacted(text)


def test_what_stands_around_a_secret_stays() -> None:
    """A log is there to be read."""
    assert redacted("a PWD=x;SERVER=b\nnext") == "a PWD=***;SERVER=b\nnext"
    assert redacted("see https://hooks.slack.com/services/T/B/x, then") == (
        "see https://hooks.slack.com/services/*** then"
    )
    kept = "set user and password_env; the variable RECON_PASSWORD is not set: trust = true"
    assert redacted(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        CANARY,
        CANARY.replace("}", "}}"),
        repr(CANARY),
        str(KeyError(CANARY)),
        json.dumps(CANARY),
        json.dumps(CANARY, ensure_ascii=False),
        quote(CANARY),
        quote(CANARY, safe=""),
    ],
)
def test_a_secret_that_was_read_is_hidden_however_it_is_written(written: str) -> None:
    """As a driver, Python, JSON or an address writes it."""
    assert remembered(CANARY) == CANARY
    assert "tie" not in redacted(f"before {written} after")
    assert redacted(f"before {written} after").startswith("before ")


@given(st.text(st.characters(exclude_characters="*"), min_size=4), st.text(), st.text())
@example("pass\udcff", "", "")
def test_no_secret_of_four_characters_passes(secret: str, before: str, after: str) -> None:
    """Whatever stands around it."""
    remembered(secret)
    assert not secret.strip() or secret not in redacted(before + secret + after)
    secrets._known.clear()


def test_a_short_secret_is_hidden_where_it_stands_alone() -> None:
    """Hiding every `a` would leave no log, and tell which letter it is."""
    remembered("a")
    assert redacted("a cat has 'a' tail") == "*** cat has '***' tail"


def test_a_blank_secret_hides_nothing() -> None:
    """An empty password is none."""
    remembered("")
    remembered("  ")
    assert redacted("a  b") == "a  b"
