"""Ids that are written in other ways on the two sides, through the front door."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import recon
from recon.base.errors import ConfigError
from recon.base.ids import Ids
from recon.base.month import Month
from recon.base.policy import Policy
from recon.base.result import Cause, Flag, Reconciliation, Side
from recon.config.reading import load
from recon.reconciliation.explain.assembly import contract_detail
from recon.reconciliation.revenue import reconcile_relations
from recon.record.evidence.documents import policy_table
from recon.store.ids import USUAL, install, other_forms
from recon.store.session import Session, open_session
from tests.tables import ENTRY, MONTH, contract, entries, line_of, lines, reasons, subscriptions

JUNE = {"booking_date": "2024-06-01"}
SAME = {
    "dashes": ("C-5", ["C\u20105", "C\u20115", "C\u20135", "C\u20145", "C\u22125", "C\ufe585",
                       "C\ufe635", "C\uff0d5"]),
    "invisible": ("C5", ["\ufeffC5", "C\u200b5", "C\u00ad5", "C5\u200e\u00a0", "\u2060C\u200d5"]),
    "blanks": ("C 5", ["C  5", "C\u00a05", "C\t5", "C\u2009 \u30005", "\u3000C 5\u2003", "C\n5"]),
    "forms": ("Caf\u00e9-51/2", ["CAFE\u0301-51/2", "\uff23af\u00e9-\uff151/2"]),
    "ligatures": ("affix-VIII", ["a\ufb03x-VIII", "affix-\u2167"]),
}  # fmt: skip


@cache
def _spelled() -> Reconciliation:
    """Return the month of a book with all of them."""
    book = [contract(contract_id=delivered, **JUNE) for delivered, _ in SAME.values()]
    texts = [text for _, written in SAME.values() for text in written]
    posted = [ENTRY | {"contract_id": text, "entry_id": f"E-{n}"} for n, text in enumerate(texts)]
    return recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH)


@pytest.mark.parametrize(("delivered", "written"), SAME.values(), ids=SAME)
def test_ids_that_look_alike_are_the_same(delivered: str, written: list[str]) -> None:
    """The line is matched, seen as analytics delivers it, and the spelling is reported."""
    line = line_of(_spelled(), delivered)
    assert line["recognized"] == len(written) * 1_000_000
    assert "spelling" in line["flags"]


def test_other_spellings_are_no_lines() -> None:
    """Each line is there once, and its spelling counted."""
    result = _spelled()
    assert {line["contract_id"] for line in lines(result)} == {name for name, _ in SAME.values()}
    assert len(lines(result)) == result.flags[Flag.SPELLING] == len(SAME)


def test_what_differs_by_a_rule_stays_apart() -> None:
    """Zeros, a trailing .0, an exponent and an apostrophe are never merged by themselves."""
    names = ["00042", "77", "1000000000", "99"]
    book = pd.DataFrame([contract(contract_id=name, **JUNE) for name in names])
    posted = entries("""
        contract_id
        42
        77.0
        1E+9
        '99
    """)
    result = recon.reconcile(book, posted, MONTH)
    assert len(lines(result)) == 8


def test_an_id_of_which_nothing_is_seen_is_missing() -> None:
    """It is no contract, on either side."""
    ids = ("\u200b", "\ufeff \u00a0", "\u2003", "\u00ad", "C1")
    book = pd.DataFrame([contract(contract_id=nothing, **JUNE) for nothing in ids])
    posted = pd.DataFrame([ENTRY | {"contract_id": nothing} for nothing in ids])
    result = recon.reconcile(book, posted, MONTH)
    for side in Side:
        assert reasons(result, side) == ["contract_id is missing"] * 4


def test_customers_are_matched_as_contracts_are() -> None:
    """An amount moves between two contracts of one customer whose id is written in two ways."""
    book = subscriptions("K100 c-1 12000.00 2024-06-01 2025-05-31 -",
                         "K222 C\u2013\uff11 12000.00 2024-06-01 2025-05-31 -")  # fmt: skip
    posted = entries("""
        contract_id amount
        K100        1300.00
        K222        700.00
    """)
    result = recon.reconcile(book, posted, MONTH)
    assert {item.cause for item in result.breaks} == {Cause.WRONG_CONTRACT}


def test_case_counts_where_it_is_set() -> None:
    """Two ids that differ in case are two contracts; their dashes are still one dash."""
    names = ("a9U-y", "a9U-Y")
    book = pd.DataFrame([contract(contract_id=name, **JUNE) for name in names])
    posted = pd.DataFrame(
        [ENTRY | {"contract_id": "a9U\u2013y"}, ENTRY | {"contract_id": "a9U-Y", "amount": "40.00"}]
    )
    exact = recon.reconcile(book, posted, MONTH, {"ids": "exact"})
    assert {line["contract_id"]: line["recognized"] for line in lines(exact)} == {
        "a9U-y": 1_000_000,
        "a9U-Y": 400_000,
    }
    assert len({item.name for item in exact.breaks}) == len(exact.breaks)
    assert ("ids", "exact") in exact.policy.rows()
    folded = recon.reconcile(book, posted, MONTH)
    assert len(reasons(folded, Side.ANALYTICS)) == len(names)
    assert all('set [policy] ids = "exact"' in why for why in reasons(folded, Side.ANALYTICS))


def test_rows_that_the_setting_would_not_part_do_not_name_it() -> None:
    """A third row spelled as one of the two stays a duplicate under either setting."""
    book = pd.DataFrame([contract(contract_id=name, **JUNE) for name in ("c1", "C1", "C\u200b1")])
    result = recon.reconcile(book, pd.DataFrame([ENTRY]), MONTH)
    assert not any("exact" in why for why in reasons(result, Side.ANALYTICS))


def test_the_setting_is_in_the_evidence_where_it_is_not_the_default() -> None:
    """Packs of the default are as they were; a wrong word is refused with its key."""
    assert "ids" not in policy_table(Policy())
    exact = Policy.of({"ids": "exact"})
    assert exact.ids is Ids.EXACT
    assert Policy.of(policy_table(exact)) == exact
    with pytest.raises(ConfigError, match=r"policy\.ids: 'loose' is not one of fold, exact"):
        Policy.of({"ids": "loose"})


# --- the SQL against Python's own Unicode


def test_every_other_form_is_known() -> None:
    """No character that NFKC changes is missing, and none of them counts as usual."""
    every = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    changed = {c for c in every if _normal("NFKD", c) != _normal("NFD", c)}
    assert changed == set(other_forms())
    with _session() as session:
        query = "SELECT list(c) FROM (SELECT unnest(?) AS c) WHERE regexp_matches(c, ?)"
        (usual,) = session.execute(query, [sorted(changed), f"[{USUAL}]"]).fetchone() or ((),)
    assert usual == ["\u2011"]  # a dash, which every dash becomes anyway


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """Yield the one session in which all ids are read."""
    with _session() as opened:
        yield opened


ODD = ["A", "-", " ", "\u0301", "\u200b", *other_forms()]


# A statement costs more than the texts in it: few, of many texts each.
@settings(max_examples=8, deadline=None)
@given(st.lists(st.text(st.sampled_from(ODD)), min_size=20, max_size=60))
def test_sql_normalizes_as_python_does(session: Session, texts: list[str]) -> None:
    """NFKC without format characters, with one kind of blank and dash."""
    _is_normalized(session, texts)


@pytest.mark.slow
@given(st.lists(st.text(st.sampled_from(ODD))))
def test_sql_normalizes_any_texts_as_python_does(session: Session, texts: list[str]) -> None:
    """A hundred lists of them."""
    _is_normalized(session, texts)


def _is_normalized(session: Session, texts: list[str]) -> None:
    query = "SELECT list(exact_id(t)) FROM (SELECT unnest(?) AS t)"
    (found,) = session.execute(query, [texts or [""]]).fetchone() or ([],)
    assert found == [_normalized(text) for text in texts or [""]]


def _session() -> Session:
    session = open_session()
    install(session, Policy.of({"ids": "exact"}))
    return session


def _normal(form: str, text: str) -> str:
    return unicodedata.normalize(form, text)  # type: ignore[arg-type]


def _normalized(text: str) -> str:
    seen = "".join(c for c in text if unicodedata.category(c) != "Cf")
    dashed = (
        "-" if unicodedata.category(c) == "Pd" or c == "\u2212" else c
        for c in _normal("NFKC", seen)
    )
    return " ".join("".join(dashed).split())


# --- rules of a side


RULES: list[tuple[dict[str, object], str, str]] = [
    ({"pad": 5}, "00042", "42"),
    ({"strip_suffix": ".0"}, "1000", "1000.0"),
    ({"strip_suffix": ".0", "pad": 5}, "00077", "77.0"),
    ({"strip_prefix": "us-"}, "C-7", "US\u2013C-7"),
    ({"first": 15}, "a9U290000004GNy", "a9U290000004GNyAAG"),
]


def _of_ids(pairs: Sequence[tuple[str, str]], policy: dict[str, object] | None = None) -> list[str]:
    """Return the ids of the lines of contracts and what was posted under another id for each."""
    book = [contract(contract_id=ours, **JUNE) for ours, _ in pairs]
    posted = [ENTRY | {"contract_id": theirs, "entry_id": theirs} for _, theirs in pairs]
    result = recon.reconcile(pd.DataFrame(book), pd.DataFrame(posted), MONTH, policy)
    return [line["contract_id"] for line in lines(result)]


@pytest.mark.parametrize(("rules", "contract_id", "posted_as"), RULES)
def test_a_rule_on_ids_makes_them_meet(
    rules: dict[str, object], contract_id: str, posted_as: str
) -> None:
    """The line is matched under analytics' id."""
    policy: dict[str, object] = {"accounting_ids": rules}
    assert _of_ids([(contract_id, posted_as)], policy) == [contract_id]
    assert Policy.of(policy_table(Policy.of(policy))) == Policy.of(policy)


def test_without_a_rule_ids_do_not_meet() -> None:
    """Each is a line of its own."""
    assert len(_of_ids([(ours, theirs) for _, ours, theirs in RULES])) == 2 * len(RULES)


def test_a_rule_leaves_other_ids_alone() -> None:
    """Only digits are padded, longer ids stay, and no id is taken away whole."""
    names = ["123456", "US-", "abc"]
    policy: dict[str, object] = {"accounting_ids": {"pad": 5, "strip_prefix": "US-"}}
    assert sorted(_of_ids([(name, name) for name in names], policy)) == names


def test_mistakes_in_the_rules_of_a_side(tmp_path: Path) -> None:
    """Each with its key; an engine that cannot apply them says so."""
    path = tmp_path / "recon.toml"
    path.write_text(
        "engine = 'spark'\n[analytics]\nsource = 'sample'\n[accounting]\nsource = 'sample'\n"
        "[analytics.ids]\npad = 0\n[accounting.ids]\nfirst = 15\nstrip_sufix = '.0'\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as found:
        load(path)
    for mistake in (
        "analytics.ids.pad: 0 is not a number of characters from 1 to 100",
        "accounting.ids.strip_sufix: is not a known key; did you mean strip_suffix?",
        "engine: 'spark' knows no rules on ids; use 'local', or leave out ids",
    ):
        assert mistake in str(found.value)


def test_a_contract_is_explained_under_either_id() -> None:
    """Its entries are found under the id that its rule makes of theirs."""
    with open_session() as session:
        session.register("c", pd.DataFrame([contract(contract_id="00042", **JUNE)]))
        session.register("e", pd.DataFrame([ENTRY | {"contract_id": "42"}]))
        policy = Policy.of({"accounting_ids": {"pad": 5}})
        result = reconcile_relations(session, "c", "e", Month.parse(MONTH), policy)
        for asked in ("00042", "42", "42\u200b"):
            (line,) = contract_detail(session, result, asked).lines
            assert (line.recognized, len(line.entries)) == (1_000_000, 1)


def test_a_line_whose_entries_are_spelled_in_several_ways() -> None:
    """One as its contract is, others with another type, id or currency: all are of the line."""
    spelled = [
        ENTRY | {"entry_id": f"E-{number}", "currency": "USD", "amount": "20.00"} | other
        for number, other in enumerate(
            ({}, {"revenue_type": "SUBSCRIPTION"}, {"contract_id": " c1 "}, {"currency": "usd"},
             {"contract_id": "c1", "revenue_type": " subscription"})
        )
    ]  # fmt: skip
    result = recon.reconcile(pd.DataFrame([contract()]), pd.DataFrame(spelled), MONTH)
    assert [line_of(result)[column] for column in ("status", "entries")] == ["matched", 5]
    assert result.flags[Flag.SPELLING] == 1
