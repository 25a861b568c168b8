"""Pages of figures in a real browser: filters and drill-downs give the numbers of `recon kpi`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.kpi import views
from recon.kpi.asked import Asked
from recon.kpi.detail import MOST, detail
from recon.kpi.period import Calendar, parse
from recon.kpi.query import parse_filter
from recon.kpi.result import Figures
from recon.reports.figures.page import figures_page
from recon.store.session import Session
from tests.browser import Tab, browser
from tests.figures_oracle import LAST, random_books
from tests.figures_store import star

pytestmark = pytest.mark.slow
VIEWS = ("executive", "sales", "customers", "inventory")
NASTY = "</script><b>\u2028&amp;'\""
READ = """() => [...document.querySelectorAll('section[data-table]')].map((section) => ({
    name: section.dataset.table,
    title: section.querySelector('h2').firstChild.textContent.trim(),
    heads: [...section.querySelectorAll('th')].map((each) => each.textContent),
    rows: [...section.querySelectorAll('tbody tr')].map(
        (row) => [...row.cells].map((each) => each.textContent)),
    text: section.textContent,
}))"""
Cells = dict[tuple[str, ...], str]


@dataclass
class Site:
    """A store of chance, a browser, and the pages of both."""

    session: Session
    folder: Path
    browser: Any
    pages: dict[tuple[object, ...], Path] = field(default_factory=dict)

    def asked(self, period: str = "2024-06", *where: str) -> Asked:
        """A question to the store."""
        calendar = Calendar(LAST)
        filters = tuple(parse_filter(each) for each in where)
        return Asked(parse(period, calendar), calendar, where=filters)

    def page(self, view: str, asked: Asked, most: int = MOST) -> Path:
        """Write the page of a view, each one once."""
        key = (view, asked.period.name, asked.where, most)
        if key in self.pages:
            return self.pages[key]
        chosen = views.chosen(view, asked)
        found = Figures(
            view, chosen.title, asked.period.name, asked.period.first, asked.period.last, (), 1,
            tuple(views.tables(self.session, chosen, asked)), unit=asked.period.unit,
        )  # fmt: skip
        rows = detail(self.session, asked, views.queries(chosen, asked), most)
        count = len(list(self.folder.iterdir()))
        path = self.folder / f"{count}.html"
        path.write_text(figures_page(found, rows), encoding="utf-8")
        self.pages[key] = path
        return path

    def tables(self, path: Path, address: str = "") -> dict[str, Any]:
        """The tables that a browser shows at an address, by name."""
        tab = Tab(self.browser)
        tab.page.goto(path.as_uri() + address)
        found = {each["name"]: each for each in tab.page.evaluate(READ)}
        assert tab.wrong == []
        tab.close()
        return found


@pytest.fixture(scope="module", params=["", "EUR"], ids=["as sold", "in euros"])
def site(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    """One store and one browser for all."""
    books = random_books(11, 400)
    books.products[2]["name"] = NASTY
    with star(books, request.param) as session, browser() as opened:
        yield Site(session, tmp_path_factory.mktemp("pages"), opened)


# What a page does with its figures is the same in any currency.
as_sold = pytest.mark.parametrize("site", [""], ids=["as sold"], indirect=True)


def cells(table: dict[str, Any]) -> Cells:
    """The cells of a table by their keys, currency and header."""
    heads, rows = table["heads"], table["rows"]
    if heads and heads[0] == "":  # cards: a measure a row, below its currency
        found, currency = {}, ""
        for row in rows:
            if len(row) == 1:
                currency = row[0]
                continue
            for head, cell in zip(heads[1:-1], row[1:-1], strict=True):
                found[currency, row[0], head] = cell
        return found
    first = next((at for at, head in enumerate(heads) if head[:1].isupper()), 0)
    found = {}
    for short in rows:
        # A total has one cell in the place of all keys.
        row = ["total"] * (len(heads) - len(short)) + short
        for at in range(first, len(heads)):
            title = next(each for each in heads[at::-1] if each[:1].isupper()) if heads[at] else ""
            found[*row[:first], title, heads[at]] = row[at]
    return found


def test_a_page_without_a_filter_is_as_it_was_written(site: Site) -> None:
    """And computes the same: the whole of a filter that keeps all rows."""
    for view in VIEWS:
        path = site.page(view, site.asked())
        plain = site.tables(path)
        both = site.tables(path, "#channel=web&channel=shop")
        compared = 0
        for name, table in both.items():
            shown, expected = cells(table), cells(plain[name])
            different = {key: (of, expected.get(key)) for key, of in shown.items()
                         if of != expected.get(key)}  # fmt: skip
            assert different == {}, (view, name, different)
            compared += len(shown)
        assert compared > 100 or view == "inventory", view


@pytest.mark.parametrize(
    "where",
    [
        ("region=(none)",), ("channel=web", "region=South"), ("product=P1", "loyalty_tier=gold"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_filter_gives_the_numbers_of_recon_kpi(site: Site, where: tuple[str, ...]) -> None:
    """The same cell for cell, in every table that is not a step further down."""
    for view in VIEWS:
        path = site.page(view, site.asked())
        found = site.tables(path, "#" + "&".join(where))
        wanted = site.tables(site.page(view, site.asked("2024-06", *where)))
        compared = 0
        for name, table in found.items():
            if name not in wanted or table["title"] != wanted[name]["title"]:
                continue
            expected = cells(wanted[name])
            shown = cells(table)
            different = {key: (of, expected.get(key)) for key, of in shown.items()
                         if of != expected.get(key)}  # fmt: skip
            assert different == {}, (view, name, different)
            compared += len(shown)
        assert compared > 20 or view == "inventory", view


def test_another_month_gives_the_numbers_of_recon_kpi(site: Site) -> None:
    """A month that is clicked on is the period of all tables, its days are the chart."""
    for view in VIEWS:
        found = site.tables(site.page(view, site.asked()), "#period=2024-03&category=Sweet")
        wanted = site.tables(site.page(view, site.asked("2024-03", "category=Sweet")))
        for name, table in found.items():
            if name in wanted and table["title"] == wanted[name]["title"] and name != "trend":
                expected = cells(wanted[name])
                assert {k: v for k, v in cells(table).items() if v != expected.get(k)} == {}, name
    trend = site.tables(site.page("sales", site.asked()), "#period=2024-03")["trend"]
    assert trend["title"] == "By day" and len({row[0] for row in trend["rows"]}) == 32


def test_a_step_down_adds_up_to_its_whole(site: Site) -> None:
    """The products of a category are its revenue."""
    found = site.tables(site.page("inventory", site.asked()), "#category=Sour")["categories"]
    assert found["title"] == "By product"
    *rows, total = list(found["rows"])
    assert len(rows) >= 1
    assert sum(Decimal(row[1].replace(",", "")) for row in rows) == Decimal(
        total[1].replace(",", "")
    )


def test_fewer_rows_say_less_and_nothing_wrong(site: Site) -> None:
    """At a coarser grain there are no orders or customers, and the page says so."""
    where = ("region=North",)
    for most in (150,):
        path = site.page("sales", site.asked(), most)
        found = site.tables(path, "#region=North")
        wanted = site.tables(site.page("sales", site.asked("2024-06", *where)))
        assert "Not on this page under a filter" in found["counts"]["text"]
        for name in ("money", "counts", "trend"):
            expected, shown = cells(wanted[name]), cells(found[name])
            assert {k: v for k, v in shown.items() if v != expected.get(k)} == {}, (most, name)
    assert "sales added up by" in path.read_text(encoding="utf-8")
    tab = Tab(site.browser)
    tab.page.goto(site.page("sales", site.asked(), 1).as_uri() + "#channel=web&region=Nowhere")
    assert "no channel=web and no region=Nowhere" in tab.page.inner_text("#only")
    tab.close()


@as_sold
def test_the_address_holds_the_filter(site: Site) -> None:
    """Click, click, back; the address in another browser shows the same."""
    path = site.page("executive", site.asked())
    tab = Tab(site.browser)
    page = tab.page
    page.goto(path.as_uri())
    page.click("section[data-table=trend] button.key >> text=2024-03")
    page.click("section[data-table=regions] button.key >> text=North")
    assert page.evaluate("location.hash") == "#period=2024-03&region=North"
    assert "period 2024-03" in page.inner_text("#only") and "region North" in page.inner_text(
        "#only"
    )
    other = Tab(site.browser)
    other.page.goto(page.url)
    assert other.page.evaluate(READ) == page.evaluate(READ)
    page.go_back()
    page.wait_for_function("location.hash === '#period=2024-03'")
    assert page.locator("#only-region").count() == 0
    page.go_back()
    page.wait_for_function("location.hash === ''")
    assert page.evaluate(READ) == site_read(other, path)
    assert tab.wrong == other.wrong == []
    tab.close(), other.close()


def site_read(tab: Tab, path: Path) -> Any:
    """The tables of a page without a filter."""
    tab.page.goto(path.as_uri())
    tab.page.reload()
    return tab.page.evaluate(READ)


@as_sold
def test_the_keyboard_is_enough(site: Site) -> None:
    """Choose from a list, press a name, take the filter away, without a mouse."""
    tab = Tab(site.browser)
    page = tab.page
    page.goto(site.page("sales", site.asked()).as_uri())
    page.focus("#filter-region")
    page.keyboard.press("N")
    page.wait_for_function("location.hash === '#region=North'")
    assert page.evaluate("document.activeElement.id") == "filter-region"
    page.focus("section[data-table=products] button.key >> nth=0")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('product=')")
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.focus("#only-all")
    page.keyboard.press("Space")
    page.wait_for_function("!document.body.classList.contains('filtered')")
    assert tab.wrong == []
    tab.close()


@as_sold
def test_a_tip_names_what_is_pointed_at(site: Site) -> None:
    """A column of a chart: its month and its amount; a click on it is a filter."""
    tab = Tab(site.browser)
    tab.page.goto(site.page("executive", site.asked()).as_uri())
    column = tab.page.locator("section[data-table=trend] rect.hit").nth(3)
    column.hover()
    assert tab.page.inner_text("#tip").startswith("2023-10: ")
    column.click()
    tab.page.wait_for_function("location.hash === '#period=2023-10'")
    tab.close()


@as_sold
def test_narrow_dark_and_printed(site: Site) -> None:
    """Nothing runs out of 390 pixels; dark is dark; a print has no controls and says the filter."""
    tab = Tab(site.browser, viewport={"width": 390, "height": 800}, color_scheme="dark")
    page = tab.page
    for view in VIEWS:
        page.goto(site.page(view, site.asked()).as_uri() + "#channel=web")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"
    page.emulate_media(media="print")
    assert not page.is_visible("#filters") and page.is_visible("#only")
    assert tab.wrong == []
    tab.close()


@as_sold
def test_names_stay_names(site: Site) -> None:
    """A name that would end the script is a text, in the table and in the list."""
    tab = Tab(site.browser)
    tab.page.goto(site.page("sales", site.asked()).as_uri())
    assert NASTY.replace("\u2028", "\\u2028") in tab.page.inner_text("#filter-product")
    assert tab.page.locator("section b").count() == 0
    assert tab.wrong == []
    tab.close()


def test_a_question_with_a_filter_of_its_own(site: Site) -> None:
    """Its rows are those that it keeps, and the page filters them further."""
    asked = site.asked("2024-06", "channel=web")
    found = site.tables(site.page("sales", asked), "#region=North")
    wanted = site.tables(site.page("sales", replace(asked, where=(
        *asked.where, parse_filter("region=North")))))  # fmt: skip
    expected, shown = cells(wanted["money"]), cells(found["money"])
    assert {k: v for k, v in shown.items() if v != expected.get(k)} == {} and len(shown) > 10
