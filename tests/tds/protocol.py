"""TDS 7.4, as far as recon's statements need it: packets, requests, and the tokens of answers."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, IntFlag
from io import BytesIO
from typing import Any, Protocol

from tests.tds.columns import DAY_ONE, Type

HEADER = struct.Struct(">BBHHBB")
PACKET_SIZE = 4096
LAST_PACKET = 1
# Decimals, dates and texts of up to 4,000 characters have a length; longer texts come in chunks.
CHUNKED = 0xFFFF
PROCEDURES = {10: "sp_executesql", 11: "sp_prepare", 12: "sp_execute", 13: "sp_prepexec",
              15: "sp_unprepare"}  # fmt: skip


class Kind(IntEnum):
    """The kinds of packets."""

    BATCH = 1
    RPC = 3
    ANSWER = 4
    ATTENTION = 6
    TRANSACTION = 14
    LOGIN = 16
    PRELOGIN = 18


class Done(IntFlag):
    """What a DONE token says."""

    FINAL = 0
    MORE = 1
    ERROR = 2
    COUNT = 16
    ATTENTION = 32


def packets(kind: Kind, payload: bytes, last: bool = True) -> bytes:
    """Return a message, or a part of one, in packets."""
    room = PACKET_SIZE - HEADER.size
    parts = [payload[start : start + room] for start in range(0, len(payload), room)]
    return b"".join(
        HEADER.pack(kind, last and number == len(parts) - 1, len(part) + 8, 0, number % 256, 0)
        + part
        for number, part in enumerate(parts)
    )


class Closed(Exception):
    """The other end has left."""


class Readable(Protocol):
    """What bytes come from."""

    def recv(self, size: int, /) -> bytes:
        """Return some bytes, none where the other end has closed."""
        ...


def message(wire: Readable) -> tuple[Kind, bytes]:
    """Return the next message, put together from its packets; raises Closed."""
    payload, last = b"", False
    while not last:
        kind, status, length, *_ = HEADER.unpack(_read(wire, HEADER.size))
        payload += _read(wire, length - HEADER.size)
        last = bool(status & LAST_PACKET)
    return Kind(kind), payload


def _read(wire: Readable, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = wire.recv(size - len(data))
        if not part:
            raise Closed
        data += part
    return data


@dataclass(frozen=True)
class Login:
    """What a client says of itself."""

    user: str
    password: str
    application: str
    database: str
    read_only: bool
    raw: str

    @classmethod
    def read(cls, payload: bytes) -> Login:
        """Return the login of a LOGIN7 message."""

        def field(place: int) -> bytes:
            start, length = struct.unpack_from("<HH", payload, place)
            return payload[start : start + length * 2]

        hidden = (byte ^ 0xA5 for byte in field(44))
        password = bytes(byte << 4 & 0xF0 | byte >> 4 for byte in hidden)
        user, application, database = (field(place).decode("utf-16-le") for place in (40, 48, 68))
        read_only = bool(payload[26] & 0x20)
        return cls(user, password.decode("utf-16-le"), application, database, read_only,
                   payload.hex())  # fmt: skip


@dataclass(frozen=True)
class Request:
    """A statement or a procedure call, its parameters, and the transaction that it belongs to."""

    text: str
    parameters: tuple[Any, ...]
    transaction: int
    procedure: str | None = None

    def __str__(self) -> str:
        parameters = ", ".join(map(str, self.parameters))
        return f"{self.text} [{parameters}]" if parameters else self.text

    @property
    def prepares(self) -> bool:
        """Whether the statement is prepared, as one with parameters is."""
        return self.procedure == "sp_prepexec"

    @classmethod
    def read(cls, kind: Kind, payload: bytes) -> Request:
        """Return the request of a message."""
        total = struct.unpack_from("<I", payload)[0]
        transaction = struct.unpack_from("<Q", payload, 10)[0]
        if kind is Kind.TRANSACTION:
            return cls(f"TRANSACTION {payload[total]}", (), transaction)
        if kind is Kind.BATCH:
            return cls(payload[total:].decode("utf-16-le"), (), transaction)
        name, values = _call(BytesIO(payload[total:]))
        if name == "sp_prepexec":
            return cls(values[2], tuple(values[3:]), transaction, name)
        if name == "sp_executesql":
            return cls(values[0], tuple(values[2:]), transaction, name)
        return cls(f"EXEC {name}", tuple(values), transaction, name)


def _call(message: BytesIO) -> tuple[str, list[Any]]:
    """Return the name and the parameters of a procedure call."""
    length = _number(message, 2)
    if length == 0xFFFF:
        name = PROCEDURES[_number(message, 2)]
    else:
        name = message.read(length * 2).decode("utf-16-le")
    message.read(2)
    return name, list(_parameters(message))


def _parameters(message: BytesIO) -> Iterator[Any]:
    while name_length := message.read(1):
        message.read(name_length[0] * 2 + 1)
        yield _value(message)


def _value(message: BytesIO) -> Any:
    """Return a parameter: a whole number, a text or a day; None for NULL."""
    code = _number(message, 1)
    if code == 0xE7:
        return _text(message)
    if code == 0x63:
        message.read(9)  # the longest, and the collation
        return message.read(_number(message, 4)).decode("utf-16-le")
    if code == 0x26:
        message.read(1)
        value = message.read(_number(message, 1))
        return int.from_bytes(value, "little", signed=True) if value else None
    if code == 0x28:
        value = message.read(_number(message, 1))
        return (DAY_ONE + timedelta(int.from_bytes(value, "little"))).isoformat() if value else None
    raise NotImplementedError(f"a parameter of the type {code:#x}")


def _text(message: BytesIO) -> str | None:
    longest = _number(message, 2)
    message.read(5)  # the collation
    if longest == CHUNKED:
        if _number(message, 8) == 0xFFFF_FFFF_FFFF_FFFF:
            return None
        chunks = []
        while length := _number(message, 4):
            chunks.append(message.read(length))
        return b"".join(chunks).decode("utf-16-le")
    length = _number(message, 2)
    return None if length == 0xFFFF else message.read(length).decode("utf-16-le")


def _number(message: BytesIO, size: int) -> int:
    return int.from_bytes(message.read(size), "little")


def prelogin(encrypts: bool) -> bytes:
    """Return the answer to a PRELOGIN: a version, and whether all is encrypted or nothing."""
    places = struct.pack(">BHH", 0, 11, 6) + struct.pack(">BHH", 1, 17, 1) + b"\xff"
    return places + bytes([16, 0, 0, 0, 0, 0]) + (b"\1" if encrypts else b"\2")


def login_accepted() -> bytes:
    """Return the tokens that let a client in."""
    body = b"\1\x74\0\0\4" + _short("Microsoft SQL Server") + bytes([16, 0, 0, 0])
    return b"\xad" + struct.pack("<H", len(body)) + body + done()


def transaction_begun(number: int) -> bytes:
    """Return the token that names a transaction; every later request bears its number."""
    body = b"\x08\x08" + struct.pack("<Q", number) + b"\0"
    return b"\xe3" + struct.pack("<H", len(body)) + body


def error(number: int, text: str, severity: int = 16) -> bytes:
    """Return the token of an error."""
    message = struct.pack("<H", len(text)) + text.encode("utf-16-le")
    body = struct.pack("<iBB", number, 1, severity) + message + _short("BOOKS") + _short("")
    body += struct.pack("<I", 1)
    return b"\xaa" + struct.pack("<H", len(body)) + body


def done(status: Done = Done.FINAL, rows: int = 0) -> bytes:
    """Return the token that ends a result."""
    return struct.pack("<BHHQ", 0xFD, status, 0xC1, rows)


def done_in_procedure(rows: int) -> bytes:
    """Return the token that ends a result of a procedure, which has more to say."""
    return struct.pack("<BHHQ", 0xFF, Done.COUNT | Done.MORE, 0xC1, rows)


def prepared(handle: int) -> bytes:
    """Return the tokens that end the answer to a prepared statement: a status and its handle."""
    value = struct.pack("<BHBBIHBBBi", 0xAC, 0, 0, 1, 0, 0, 0x26, 4, 4, handle)
    return b"\x79" + bytes(4) + value + struct.pack("<BHHQ", 0xFE, Done.FINAL, 0xE0, 0)


def result_columns(names: Sequence[str], types: Sequence[Type]) -> bytes:
    """Return the token that describes a result's columns."""
    described = (
        struct.pack("<IH", 0, 9) + kind.info + _short(name)
        for name, kind in zip(names, types, strict=True)
    )
    return b"\x81" + struct.pack("<H", len(names)) + b"".join(described)


def result_row(values: Sequence[str | None], types: Sequence[Type]) -> bytes:
    """Return the token of a row; fewer values than types are the beginning of one."""
    encoded = (
        kind.null if value is None else kind.encode(value)
        for value, kind in zip(values, types, strict=False)
    )
    return b"\xd1" + b"".join(encoded)


def _short(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("utf-16-le")
