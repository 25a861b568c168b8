"""Pages as a browser reads them: closed to the outside, and no name ever becomes markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.base.month import Month
from recon.base.result import Bucket
from recon.record.journal.history import History
from recon.reports.html import drawing
from recon.reports.html.elements import element, place, written
from recon.reports.html.latest import latest_page
from recon.reports.html.month import MonthPage, month_page
from recon.reports.html.page import Column, document, facts, listed, paragraph, section, table
from recon.reports.wording import largest
from tests.example import HOSTILE, RUN_ID, clean_reconciliation, reconciliation
from tests.golden_files import check_golden
from tests.past_example import example_history

NASTY = (
    "</td><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "]]><!--",
    "&lt;b&gt;",
    "</style><style>*{}",
    "a\u202eb\x1b[31m\x00",
)
FILES = ("breaks.csv", f"recon_{RUN_ID}.xlsx", "evidence/evidence.md")


class Reader(HTMLParser):
    """The elements, attributes and texts of a page, as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element and its attributes."""
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        if self.tags[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All texts of the page."""
        return "".join(self.texts)


def page(**changes: Any) -> str:
    """Return the page of the example month."""
    contents = MonthPage(reconciliation(), RUN_ID, True, example_history(signed=True), FILES)
    return month_page(replace(contents, **changes))


def test_the_page_is_the_approved_one() -> None:
    """The page of a month with breaks, a past and a sign-off that it supersedes."""
    check_golden("month.html", page(versions={"recon": "0.2.0"}))


def test_a_clean_month_has_no_empty_sections() -> None:
    """Without breaks the page has its verdict, its bridge and room to sign."""
    read = Reader(page(result=clean_reconciliation(), history=History(), sample=False))
    assert "Ready to close June 2024" in read.text
    assert "Prepared by" in read.text
    for title in ("What to fix first", "Invalid rows", "Since the last run", "SAMPLE DATA"):
        assert title not in read.text


def test_a_page_fetches_nothing_and_runs_nothing() -> None:
    """Its policy allows its own style alone, and no attribute leads to the outside."""
    text = page()
    read = Reader(text)
    style = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    policies = [value for _, name, value in read.attributes if "default-src" in value]
    assert len(style) == 1
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]
    assert not {"script", "link", "img", "iframe", "form", "object", "base"} & {*read.tags}
    assert not [name for _, name, _ in read.attributes if name.startswith("on") or name == "style"]
    assert "url(" not in style[0] and "@import" not in style[0]
    assert all(value.startswith("./") for _, name, value in read.attributes if name == "href")
    assert not [1 for _, name, _ in read.attributes if name in {"src", "srcset", "xlink:href"}]


@pytest.mark.parametrize("name", [*NASTY, HOSTILE])
def test_a_hostile_name_stays_a_text(name: str) -> None:
    """Whatever a customer, a type, a file or a note is called, the page has the same elements."""
    base = reconciliation()
    first = replace(
        base.breaks[0], customer=name, contract_id=name, revenue_type=name, owner=name,
        explanation=name,
    )  # fmt: skip
    segments = [replace(part, name=name) if part.by == "segment" else part for part in base.parts]
    plain = Reader(page(result=replace(base, parts=segments), notes=["a note"]))
    bad = replace(base, breaks=(first, *base.breaks[1:]), parts=segments, notices=(name,))
    read = Reader(page(result=bad, notes=[name], run_id=name, files=(*FILES[1:], name)))
    assert read.tags == plain.tags
    assert read.text.count(name) >= 7 or not name.isprintable()
    assert {"\x1b", "\x00", "\u202e"}.isdisjoint(read.text)


@given(st.text())
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    """What can be seen comes back as it was, in texts and in attributes."""
    if text.isprintable():
        read = Reader(written(element("p", text, title=text)))
        assert read.text == text
        assert read.attributes == [("p", "title", text)]


def test_an_address_leads_nowhere_else() -> None:
    """A name with a scheme, a slash or a question mark is a name below the page."""
    assert place("javascript:alert(1)") == "./javascript%3Aalert%281%29"
    assert place("//elsewhere.example", "a?b#c") == "./%2F%2Felsewhere.example/a%3Fb%23c"


def test_the_newest_run_is_led_to(tmp_path: Path) -> None:
    """The page opens that of the run, and without one lists the files."""
    files = [tmp_path / "run" / name for name in ("breaks.csv", "recon_run.html")]
    led, plain = (latest_page(Month.parse("2024-06"), tmp_path, f) for f in (files, files[:1]))
    assert ("meta", "content", "0; url=./run/recon_run.html") in Reader(led).attributes
    assert ("a", "href", "./run/breaks.csv") in Reader(plain).attributes
    assert "refresh" not in plain


def test_other_pages_are_built_from_the_same_pieces() -> None:
    """A section, a table with a group, facts and a list."""
    text = document(
        "Stock",
        section(
            "By region",
            table([Column("Region"), Column("Units", "number")], [["north"], ["Oslo", "1,204"]]),
            facts([("read", "today"), ("from", [paragraph("a"), "b"])]),
            listed(["one", None]),
            note="USD",
        ),
    )
    read = Reader(text)
    assert text.startswith("<!DOCTYPE html>\n<html")
    assert ("td", "colspan", "2") in read.attributes
    assert ("td", "data-label", "Units") in read.attributes
    assert "By region USD" in read.text


@given(st.integers(-(10**15), 10**15), st.lists(st.integers(-(10**13), 10**13), max_size=9))
def test_a_bridge_is_drawn_without_a_gap(start: int, amounts: list[int]) -> None:
    """Every step touches the one before it, and none leaves the picture."""
    drawn = [each.find("rect") for each in drawing.bridge(start, amounts)]
    ends = [
        (int(each.get("x", "")), int(each.get("x", "")) + int(each.get("width", "")))
        for each in drawn
        if each is not None
    ]
    assert len(drawing.bridge(start, amounts)) == len(amounts) + 2
    assert all(0 <= left < right <= drawing.WIDTH for left, right in ends)
    for before, after in pairwise(ends[1:-1]):
        assert min(abs(a - b) for a in before for b in after) <= 3 or 0 in amounts


def test_bars_have_one_zero() -> None:
    """The widest takes its side whole, and nothing has no bar."""
    negative, none, positive = drawing.bars([-300, 0, 100])
    assert none.find("rect") is None
    shown = [each.find("rect") for each in (negative, positive)]
    assert [each is not None and each.attrib["width"] for each in shown] == ["750", "250"]
    assert {line.get("x1") for each in (negative, positive) for line in each.iter("line")} == {
        "750"
    }


@given(st.lists(st.tuples(st.integers(), st.integers(0)), max_size=30), st.integers(1, 6))
def test_the_largest_buckets_still_add_up(steps: list[tuple[int, int]], most: int) -> None:
    """The rest is one bucket more, and the bridge leads to the same end."""
    bridge = [Bucket(str(at), net, 1, abs(net) + more) for at, (net, more) in enumerate(steps)]
    shown = largest(bridge, most)
    assert len(shown) <= most + 1
    for name in ("amount", "lines", "gross"):
        assert sum(getattr(b, name) for b in shown) == sum(getattr(b, name) for b in bridge)
