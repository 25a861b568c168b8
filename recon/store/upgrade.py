"""Upgrading a store that an earlier recon has made.

It happens on a copy, which takes the place of the store once it is whole: a store is of one version
at any time, whatever happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recon.base.errors import SourceDataError
from recon.store import copying
from recon.store.copying import COPY, FILE
from recon.store.schema import STORE, VERSION
from recon.store.session import Session

# By version, the statements that make the next one of it.
STEPS: Mapping[int, tuple[str, ...]] = {
    1: (
        f"ALTER TABLE {COPY}.about ADD COLUMN store VARCHAR",
        f"UPDATE {COPY}.about SET store = CAST(gen_random_uuid() AS VARCHAR)",
    ),
    2: (),  # the snapshot alone has more: scores of customers
}


def upgrade(session: Session, folder: Path) -> None:
    """Upgrade the attached store from an earlier version.

    Raises SourceDataError where a newer recon has made it, ReportError where it cannot be written.
    """
    version = _version(session)
    if version is None or version == VERSION:
        return
    if version > VERSION:
        raise SourceDataError(
            f"The store was made by a newer recon (version {version} of its tables; this one "
            f"knows {VERSION}); install that recon."
        )
    with copying.beside(folder) as made:
        with copying.copied(session, made):
            for step in range(version, VERSION):
                for statement in STEPS[step]:
                    session.execute(statement)
            session.execute(f"UPDATE {COPY}.about SET version = {VERSION}")
        session.execute(f"DETACH {STORE}")
        copying.replace_by(folder, made)
    copying.attach(session, folder / FILE, STORE)


def _version(session: Session) -> int | None:
    """The attached store's version, None where it is empty."""
    tables = session.execute(
        f"""SELECT count(*) FROM duckdb_tables()
        WHERE database_name = '{STORE}' AND table_name = 'about'"""
    ).fetchone()
    if not tables or not tables[0]:
        return None
    found = session.execute(f"SELECT max(version) FROM {STORE}.about").fetchone()
    return found[0] if found else None
