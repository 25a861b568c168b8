"""Sample of feeds: two years of files with planted faults.

Three regions deliver their sales each in its own way. The truth has one line for each planted
fault: file, row, fault, and the outcome that it must have.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from recon.base.errors import ReportError, UsageError
from recon.sources.sample.kiosk import CONFIG as KIOSK
from recon.sources.sample.kiosk import Kiosk
from recon.sources.sample.trade import (
    CUSTOMERS,
    QUARTERS,
    TIERS,
    Draws,
    Sale,
    cost_of,
    customer,
    products,
    sales,
)

# Raised with every change of what a seed yields.
FORMAT = 3
CONFIG = "config/recon.toml"
_TRUTH = ("file", "row", "fault", "outcome")
_Truth = tuple[str, int, str, str]
_CURRENCIES = {"north": "GBP", "south": "EUR", "west": "USD"}
_FRIDAY = 4
_SEGMENTS = ("distributor", "wholesaler", "shop")
# Places of stock, and the currency in which it is valued.
_PLACES = (("Leeds", "GBP"), ("Ulm", "EUR"), ("Reno", "USD"))


@dataclass(frozen=True, slots=True)
class _Region:
    """How a region writes its files."""

    name: str
    header: tuple[str, ...]
    delimiter: str
    encoding: str
    day: str
    decimal: str
    settings: str
    per_day: int


_COLUMNS = "sale_id line sold_on product_id customer_id quantity unit_price category cost".split()
_REGIONS = (
    _Region(
        "north",
        ("Invoice No", "Line", "Date", "Item", "Customer", "Qty", "Price", "Group", "Cost"),
        ",", "utf-8", "%d/%m/%Y", ".",
        'currency = "GBP"\ndates = "dmy"\nfixed = { region = "North" }\n', 4,
    ),
    _Region(
        "south",
        ("Beleg", "Pos", "Datum", "Artikel", "Kunde", "Stück", "Preis", "Gruppe", "Einstand"),
        ";", "cp1252", "%d.%m.%Y", ",",
        'currency = "EUR"\nencoding = "cp1252"\ndelimiter = ";"\ndecimal = ","\n'
        'fixed = { region = "South" }\n', 3,
    ),
    _Region(
        "west",
        ("order", "pos", "ordered", "sku", "account", "units", "each", "family", "cost"),
        "\t", "utf-8-sig", "%m/%d/%Y", ".",
        'currency = "USD"\ndelimiter = "\\t"\ndates = "mdy"\nfixed = { region = "West" }\n', 3,
    ),
)  # fmt: skip
# Of a thousand lines so many are spoilt, by fault; the others of the 3% are planted by file.
_SPOILT: dict[str, tuple[int, Callable[[list[str]], list[str]]]] = {
    "no quantity": (4, lambda row: _with(row, 5, "twelve")),
    "no day": (3, lambda row: _with(row, 2, "31.02.2024")),
    "no sale": (2, lambda row: _with(row, 0, "")),
    "no product": (3, lambda row: _with(row, 3, " ")),
    "no price": (4, lambda row: _with(row, 6, "")),
}


def _with(row: list[str], at: int, cell: str) -> list[str]:
    return [cell if place == at else own for place, own in enumerate(row)]


class _Files:
    """The files made so far, and their planted faults."""

    def __init__(self, folder: Path, draw: Draws) -> None:
        self.folder, self.draw = folder, draw
        self.truth: list[_Truth] = []
        self._made = 0

    def write(
        self,
        name: str,
        rows: Sequence[Sequence[str]],
        delimiter: str = ",",
        encoding: str = "utf-8",
    ) -> None:
        """Write a file of rows."""
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
        self.put(name, text.getvalue().encode(encoding))

    def put(self, name: str, content: bytes) -> None:
        """Write a file, a minute younger than the last one."""
        path = self.folder / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = datetime(2025, 1, 2, tzinfo=UTC).timestamp() + 60 * self._made
        os.utime(path, (moment, moment))
        self._made += 1


def sample_folder(seed: int = 1) -> Path:
    """The folder of the sample in the user's cache."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("recon")) / f"feeds-{FORMAT}-{seed}"


def ensure(seed: int = 1) -> Path:
    """The folder of the sample, made on first use.

    It is made beside its place and moved there when it is whole. Raises ReportError where it cannot
    be written.
    """
    place = sample_folder(seed)
    if place.exists():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=place.name, dir=place.parent))
        make(made, seed)
        made.replace(place)
    except OSError as error:
        # Another process may have been faster.
        if not place.exists():
            raise ReportError(f"{place} cannot be written ({error.strerror}).") from error
    return place


def make(folder: Path, seed: int = 1) -> list[Path]:
    """Write inbox, configuration and truth; return the last two.

    Raises UsageError where the folder has an inbox already.
    """
    if (folder / "inbox").exists():
        raise UsageError(f"{folder} has an inbox already; choose another folder with --out.")
    draw = Draws(seed)
    files = _Files(folder, draw)
    _write_products(files)
    for version in (0, 1):
        _write_customers(files, version)
    for quarter in QUARTERS:
        _write_quarter(files, quarter)
    Kiosk(draw, files.put, files.truth).write()
    config = folder / CONFIG
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(_configuration(), encoding="utf-8")
    truth = folder / "truth.csv"
    with truth.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([_TRUTH, *files.truth])
    return [config, truth]


def copy_to(seed: int, folder: Path) -> list[Path]:
    """Copy the sample to a folder; return configuration and truth."""
    if (folder / "inbox").exists():
        raise UsageError(f"{folder} has an inbox already; choose another folder with --out.")
    shutil.copytree(ensure(seed), folder, dirs_exist_ok=True)
    return [folder / CONFIG, folder / "truth.csv"]


def _configuration() -> str:
    parts = [
        f'[feeds.{kind}]\nkind = "{kind}"\npath = "../inbox/{kind}-*.csv"\n'
        for kind in ("products", "customers", "inventory", "credits", "debits")
    ]
    for region in _REGIONS:
        columns = "".join(
            f'{ours} = "{theirs}"\n' for ours, theirs in zip(_COLUMNS, region.header, strict=True)
        )
        parts.append(
            f'[feeds.{region.name}]\nkind = "sales"\npath = "../inbox/{region.name}-*.csv"\n'
            f"{region.settings}[feeds.{region.name}.columns]\n{columns}"
        )
    return "# The sample of feeds: a confectioner's trade in three regions.\n\n" + "\n".join(
        [*parts, KIOSK]
    )


def _write_products(files: _Files) -> None:
    rows = [
        [each.id, each.name, each.category, str(each.price), str(7 + 7 * (number % 3))]
        for number, each in enumerate(products())
    ]
    header = ["product_id", "name", "category", "list_price", "lead_days"]
    # One that is sold is not in the list: it is taken in until it is.
    files.write("products-2023.csv", [header, *rows[:-1]])


def _write_customers(files: _Files, version: int) -> None:
    rows = []
    for region in _REGIONS:
        for number in range(1, CUSTOMERS):
            tier = files.draw(len(TIERS), "tier", region.name, number)
            if version and files.draw(5, "promoted", region.name, number) == 0:
                tier = min(tier + 1, len(TIERS) - 1)
            who = customer(region.name, number)
            kind = _SEGMENTS[files.draw(len(_SEGMENTS), "segment", region.name, number)]
            rows.append([who, f"Customer {who}", kind, TIERS[tier], f"{2023 + version}-01-01"])
    header = ["customer_id", "name", "segment", "loyalty_tier", "valid_from"]
    files.write(f"customers-{2023 + version}.csv", [header, *rows])


def _write_quarter(files: _Files, quarter: date) -> None:
    name = f"{quarter:%Y}Q{(quarter.month + 2) // 3}"
    sold: dict[str, list[Sale]] = {}
    for region in _REGIONS:
        sold[region.name] = list(sales(files.draw, region.name, quarter, region.per_day))
        _write_sales(files, region, name, sold[region.name])
    north, south, _ = _REGIONS
    if quarter == QUARTERS[2]:
        _write_overlap(files, south, name, sold["north"])
    if quarter == QUARTERS[4]:
        _write_correction(files, north, name, sold["north"])
    if quarter == QUARTERS[6]:
        _write_again(files, north, name, sold["north"])
    _write_stock(files, name, quarter)
    _write_receivables(files, name, sold)


def _row(region: _Region, sale: Sale) -> list[str]:
    price, cost = (str(each).replace(".", region.decimal) for each in (sale.price, sale.cost))
    return [
        sale.sale, str(sale.line), sale.day.strftime(region.day), sale.product, sale.customer,
        str(sale.quantity), price, sale.category, cost,
    ]  # fmt: skip


def _write_sales(files: _Files, region: _Region, name: str, sold: Sequence[Sale]) -> None:
    """Write a quarter with spoilt, repeated and contradicting rows."""
    file = f"{region.name}-{name}.csv"
    rows: list[list[str]] = []
    for sale in sold:
        row = _row(region, sale)
        fate = files.draw(1000, "fate", sale.sale, sale.line)
        reached = 0
        for fault, (share, spoil) in _SPOILT.items():
            reached += share
            if reached - share <= fate < reached:
                rows.append(spoil(row))
                files.truth.append((file, len(rows), fault, "rejected"))
                break
        else:
            rows.append(row)
            if reached <= fate < reached + 6:
                rows.append(row)
                files.truth.append((file, len(rows), "row twice", "repeated"))
            elif reached + 6 <= fate < reached + 9:
                rows.append(_with(row, 5, str(sale.quantity + 20)))
                for at in (len(rows) - 1, len(rows)):
                    files.truth.append((file, at, "two contents", "rejected"))
            elif reached + 9 <= fate < reached + 12:
                rows[-1] = _with(row, 3, f" {sale.product.lower()}")
                files.truth.append((file, len(rows), "other spelling", "inserted"))
    files.write(file, [region.header, *rows], region.delimiter, region.encoding)


def _write_overlap(files: _Files, region: _Region, name: str, sold: Sequence[Sale]) -> None:
    """Let a region send sales that another one has sent."""
    file = f"{region.name}-{name}-partner.csv"
    right = _clean(files, sold)[:60]
    rows = [_row(region, sale) for sale in right]
    files.truth += [(file, at, "of another feed", "overlapping") for at in range(1, len(rows) + 1)]
    files.write(file, [region.header, *rows], region.delimiter, region.encoding)


def _write_correction(files: _Files, region: _Region, name: str, sold: Sequence[Sale]) -> None:
    """Let a region correct prices of a quarter."""
    file = f"{region.name}-{name}-corrected.csv"
    right = [
        replace(sale, price=sale.price + Decimal("0.10")) for sale in _clean(files, sold)[100:140]
    ]
    rows = [_row(region, sale) for sale in right]
    files.truth += [(file, at, "corrected", "updated") for at in range(1, len(rows) + 1)]
    files.write(file, [region.header, *rows], region.delimiter, region.encoding)


def _write_again(files: _Files, region: _Region, name: str, sold: Sequence[Sale]) -> None:
    """Send a region's sales again, days in another notation."""
    file = f"{region.name}-{name}-again.csv"
    written = replace(region, day="%Y-%m-%d")
    rows = [_row(written, sale) for sale in _clean(files, sold)[:50]]
    files.truth += [(file, at, "sent again", "unchanged") for at in range(1, len(rows) + 1)]
    files.write(file, [region.header, *rows], region.delimiter, region.encoding)


def _clean(files: _Files, sold: Sequence[Sale]) -> list[Sale]:
    """The sales in which nothing was planted."""
    most = sum(share for share, _ in _SPOILT.values()) + 12
    return [sale for sale in sold if files.draw(1000, "fate", sale.sale, sale.line) >= most]


def _write_stock(files: _Files, name: str, quarter: date) -> None:
    header = ["product_id", "location", "counted_on", "on_hand", "unit_cost", "reorder_point",
              "currency"]  # fmt: skip
    rows = [
        [each.id, place, str(quarter), str(20 + files.draw(200, "stock", each.id, place, quarter)),
         str(cost_of(each)), "40", currency]
        for each in products()
        for place, currency in _PLACES
    ]  # fmt: skip
    spoilt = files.draw(len(rows), "spoilt stock", quarter)
    rows[spoilt] = _with(rows[spoilt], 3, "n/a")
    files.truth.append((f"inventory-{name}.csv", spoilt + 1, "no stock", "rejected"))
    files.write(f"inventory-{name}.csv", [header, *rows])


def _banked(day: date) -> str:
    """A payment's day; banks book those of weekends on Monday."""
    return str(day + timedelta(days=7 - day.weekday() if day.weekday() > _FRIDAY else 0))


def _write_receivables(files: _Files, name: str, sold: Mapping[str, Sequence[Sale]]) -> None:
    """Write payments of larger sales, and charges on some."""
    paid = [
        (sale, _CURRENCIES[region])
        for region, of in sold.items()
        for sale in _clean(files, of)
        if sale.revenue > 50  # noqa: PLR2004
    ]
    credits = [
        [f"PAY-{sale.sale}-{sale.line}", _banked(sale.day), sale.customer, str(sale.revenue),
         sale.sale, "payment", currency]
        for sale, currency in paid
    ]  # fmt: skip
    credits += [
        [f"REB-{sale.sale}-{sale.line}", _banked(sale.day), sale.customer,
         str((sale.revenue / 20).quantize(Decimal("0.01"))), sale.sale, reason, currency]
        for at, (sale, currency) in enumerate(paid[7::15])
        for reason in [("rebate", "credit note")[at % 2]]
    ]  # fmt: skip
    header = ["credit_id", "credited_on", "customer_id", "amount", "document_ref", "reason",
              "currency"]  # fmt: skip
    credits.append(_with(credits[0], 3, "1"))
    for at in (1, len(credits)):
        files.truth.append((f"credits-{name}.csv", at, "two contents", "rejected"))
    files.write(f"credits-{name}.csv", [header, *credits])
    debits = [
        [f"FEE-{sale.sale}-{sale.line}", str(sale.day), sale.customer, "2.50", sale.sale, "charge",
         currency]
        for sale, currency in paid[::20]
    ]  # fmt: skip
    header = ["debit_id", "debited_on", "customer_id", "amount", "document_ref", "method",
              "currency"]  # fmt: skip
    debits.append(_with(debits[0], 2, ""))
    files.truth.append((f"debits-{name}.csv", len(debits), "no customer", "rejected"))
    files.write(f"debits-{name}.csv", [header, *debits])
