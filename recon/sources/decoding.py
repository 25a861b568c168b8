"""Files of any encoding as UTF-8, or the error."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from recon.base import temporary
from recon.base.errors import SourceDataError, SourceUnreachable
from recon.config import SourceSettings

BLOCK = 1 << 20
BYTE_ORDER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# How files begin that are no text.
PARQUET = b"PAR1"
GZIP = b"\x1f\x8b"


@contextmanager
def opening(path: Path, settings: SourceSettings) -> Iterator[None]:
    """Turn errors of opening and decoding into one sentence.

    Raises SourceDataError where the file is not in its encoding, SourceUnreachable where it
    cannot be opened.
    """
    try:
        yield
    except UnicodeError as error:
        raise SourceDataError(
            f"{path} is not {settings.encoding.upper()}; set encoding = "
            f"'{_other_encoding(path, settings.encoding)}' (or the one it was saved in) under "
            f"[{settings.side}] of the configuration."
        ) from error
    except OSError as error:
        copied = settings.encoding not in ("utf-8", "utf-8-sig") and error.filename != str(path)
        what = f"{path} cannot be copied to UTF-8" if copied else f"{path} cannot be read"
        advice = "make room for temporary files" if copied else "check that it is readable"
        raise SourceUnreachable(f"{what} ({error.strerror}); {advice} and run again.") from error


def _other_encoding(path: Path, encoding: str) -> str:
    """The likely encoding of a file, if not this one."""
    with path.open("rb") as file:
        start = file.read(2)
    if start in BYTE_ORDER_MARKS:
        return "utf-16"
    return "cp1252" if encoding.startswith("utf") else "utf-8"


def as_utf8(path: Path, settings: SourceSettings, scratch: ExitStack) -> Path:
    """A path to the same text in UTF-8.

    It is the file itself, or a copy with a name of its own. Raises SourceDataError where the file
    is not in its encoding, SourceUnreachable where it cannot be opened or copied.
    """
    with opening(path, settings):
        if settings.encoding in ("utf-8", "utf-8-sig"):
            for _ in _decoded(path, "utf-8"):
                pass
            return path
        folder = temporary.folder()
        copy = Path(scratch.enter_context(folder)) / path.name
        with copy.open("w", encoding="utf-8", newline="") as out:
            out.writelines(_decoded(path, settings.encoding))
        return copy


def _decoded(path: Path, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = decoder.decode(block)
            if "\0" in text:
                raise SourceDataError(
                    f"{path} contains zero bytes, like a damaged file or UTF-16 read as "
                    f"{encoding.upper()}; save it as UTF-8."
                )
            yield text
    yield decoder.decode(b"", final=True)
