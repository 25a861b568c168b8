"""Columns of a result: how SQL Server's types and their values are written in TDS."""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal

# Latin1_General_CI_AS, which makes varchar code page 1252.
COLLATION = bytes.fromhex("0904d00034")
NULL_TEXT = b"\xff\xff"
# Python keeps 28 digits unless told otherwise, SQL Server 38.
EXACT = Context(prec=60)
DAY_ONE = date(1, 1, 1)

Encode = Callable[[str], bytes]


@dataclass(frozen=True)
class Type:
    """A type as it stands in a result: its description, its values, and its NULL."""

    info: bytes
    encode: Encode
    null: bytes = b"\0"


def type_named(text: str) -> Type:
    """Return the type that a declaration like `decimal(19,4)` or `nvarchar(max)` names."""
    name, *sizes = re.findall(r"\w+", text.replace("(max)", "_max"))
    return TYPES[name](*map(int, sizes))


def _sized(encode: Encode) -> Encode:
    """Return an encoding that writes its length in front, in a byte."""

    def write(text: str) -> bytes:
        value = encode(text)
        return bytes([len(value)]) + value

    return write


def _integer(code: int, size: int) -> Callable[[], Type]:
    def encode(text: str) -> bytes:
        # Of the integers, SQL Server's tinyint alone has no sign.
        return int(text).to_bytes(size, "little", signed=size > 1)

    return lambda: Type(bytes([code, size]), _sized(encode))


def _float(size: int) -> Callable[[], Type]:
    form = {4: "<f", 8: "<d"}[size]
    return lambda: Type(
        bytes([0x6D, size]), _sized(lambda text: struct.pack(form, float.fromhex(text)
        if "x" in text else float(text)))
    )  # fmt: skip


def _decimal(code: int) -> Callable[[int, int], Type]:
    def of(precision: int, scale: int) -> Type:
        size = next(size for size, most in ((4, 9), (8, 19), (12, 28), (16, 38))
                    if precision <= most)  # fmt: skip

        def encode(text: str) -> bytes:
            units = int(Decimal(text).scaleb(scale, EXACT))
            return bytes([units >= 0]) + abs(units).to_bytes(size, "little")

        return Type(bytes([code, size + 1, precision, scale]), _sized(encode))

    return of


def _money(size: int) -> Callable[[], Type]:
    def encode(text: str) -> bytes:
        units = int(Decimal(text).scaleb(4, EXACT))
        if size == 4:
            return struct.pack("<i", units)
        return struct.pack("<iI", units >> 32, units & 0xFFFFFFFF)

    return lambda: Type(bytes([0x6E, size]), _sized(encode))


def _text(code: int, encoding: str) -> Callable[[int], Type]:
    def of(length: int) -> Type:
        size = length * 2 if encoding == "utf-16-le" else length

        def encode(text: str) -> bytes:
            fixed = text.ljust(length) if code in {0xAF, 0xEF} else text
            return struct.pack("<H", len(fixed.encode(encoding))) + fixed.encode(encoding)

        return Type(bytes([code]) + struct.pack("<H", size) + COLLATION, encode, NULL_TEXT)

    return of


def _long_text() -> Type:
    def encode(text: str) -> bytes:
        value = text.encode("utf-16-le")
        chunk = struct.pack("<I", len(value)) + value if value else b""
        return struct.pack("<Q", len(value)) + chunk + bytes(4)

    return Type(b"\xe7\xff\xff" + COLLATION, encode, NULL_TEXT * 4)


def _days(text: str) -> bytes:
    return (date.fromisoformat(text[:10]) - DAY_ONE).days.to_bytes(3, "little")


def _time(moment: datetime, scale: int) -> bytes:
    past = moment - datetime.combine(moment, datetime.min.time(), moment.tzinfo)
    ticks: int = past // timedelta(microseconds=1) * 10**scale // 10**6
    return ticks.to_bytes(3 if scale <= 2 else 4 if scale <= 4 else 5, "little")


def _datetime2(scale: int = 7) -> Type:
    def encode(text: str) -> bytes:
        return _time(datetime.fromisoformat(text), scale) + _days(text)

    return Type(bytes([0x2A, scale]), _sized(encode))


def _datetimeoffset(scale: int = 7) -> Type:
    def encode(text: str) -> bytes:
        offset = datetime.fromisoformat(text).utcoffset() or timedelta()
        utc = datetime.fromisoformat(text).replace(tzinfo=None) - offset
        minutes = offset // timedelta(minutes=1)
        return _time(utc, scale) + _days(utc.isoformat()) + struct.pack("<h", minutes)

    return Type(bytes([0x2B, scale]), _sized(encode))


def _old_datetime(size: int) -> Callable[[], Type]:
    def encode(text: str) -> bytes:
        days, rest = divmod(datetime.fromisoformat(text) - datetime(1900, 1, 1), timedelta(days=1))
        if size == 4:
            return struct.pack("<HH", days, rest // timedelta(minutes=1))
        return struct.pack("<iI", days, round(rest / timedelta(seconds=1) * 300))

    return lambda: Type(bytes([0x6F, size]), _sized(encode))


TYPES: dict[str, Callable[..., Type]] = {
    "tinyint": _integer(0x26, 1), "smallint": _integer(0x26, 2), "int": _integer(0x26, 4),
    "bigint": _integer(0x26, 8), "bit": _integer(0x68, 1),
    "real": _float(4), "float": _float(8),
    "decimal": _decimal(0x6A), "numeric": _decimal(0x6C),
    "money": _money(8), "smallmoney": _money(4),
    "varchar": _text(0xA7, "cp1252"), "char": _text(0xAF, "cp1252"),
    "nvarchar": _text(0xE7, "utf-16-le"), "nchar": _text(0xEF, "utf-16-le"),
    "nvarchar_max": _long_text,
    "date": lambda: Type(b"\x28", _sized(_days)),
    "datetime2": _datetime2, "datetimeoffset": _datetimeoffset,
    "datetime": _old_datetime(8), "smalldatetime": _old_datetime(4),
    "uniqueidentifier": lambda: Type(b"\x24\x10", _sized(lambda text: uuid.UUID(text).bytes_le)),
}  # fmt: skip
