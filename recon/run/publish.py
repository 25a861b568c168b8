"""Publishing: the last snapshot's star, brought to its targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from recon.base.errors import ConfigError, SourceDataError, UsageError
from recon.config import Settings
from recon.config.publish import PORT, target_of
from recon.config.settings import PublishSettings, TargetKind
from recon.kpi.dax import dax_measures
from recon.kpi.published import figure_views
from recon.record import identity
from recon.record.lock import locked
from recon.store import snapshot
from recon.store.publishing import database, parquet, power_bi
from recon.store.publishing.publication import Publication
from recon.store.schema import VERSION
from recon.store.session import Session, reading
from recon.store.snapshot import Snapshot

Progress = Callable[[str], None]
# Publishing keeps a month at a time; more of it is in temporary files.
_MEMORY = "1GB"


@dataclass(frozen=True, slots=True)
class Published:
    """The outcome for one target.

    `model` is the folder with the files for Power BI, None in a dry run.
    """

    target: PublishSettings
    where: str
    snapshot: int
    publication: Publication
    model: Path | None = None


def publish(
    settings: Settings,
    names: Sequence[str] = (),
    to: str | None = None,
    *,
    dry: bool = False,
    whole: bool = False,
    progress: Progress = lambda _: None,
) -> list[Published]:
    """Publish to named targets, to that of `to`, or all.

    Raises UsageError and ConfigError where there is no such target, SourceUnreachable where nothing
    was loaded yet, ReportError where a target cannot be written or does not agree afterwards.
    """
    chosen = _chosen(settings, names, to)
    memory = settings.memory_limit or _MEMORY
    with snapshot.looked_at(settings.store, memory) as (session, found):
        if found.version != VERSION:
            raise SourceDataError(
                "The snapshot of the store was made by another recon; run `recon load`, which "
                "makes it anew, and publish again."
            )
        done = []
        for target in chosen:
            progress(f"Publishing to {target.name}")
            with reading("the snapshot", str(settings.store)):
                each = _one(session, settings, found, target, dry=dry, whole=whole)
            done.append(each)
    return done


def _chosen(settings: Settings, names: Sequence[str], to: str | None) -> list[PublishSettings]:
    known = settings.publish
    if to is not None:
        if names:
            raise UsageError("Name targets of the configuration, or one with --to, but not both.")
        kind, _, name = to.partition(":")
        if name in known and known[name].kind == kind:
            return [known[name]]
        try:
            return [target_of(to)]
        except ValueError as error:
            raise UsageError(f"--to: {error}.") from None
    if not known:
        mistake = (
            "publish: there is no target; describe one as [publish.NAME], as docs/publish.md "
            "shows, or name one with --to"
        )
        raise ConfigError([mistake], "the configuration")
    if unknown := [name for name in names if name not in known]:
        raise UsageError(
            f"There is no target {unknown[0]!r}; the configuration has {', '.join(known)}."
        )
    return [known[name] for name in names or known]


def _one(
    session: Session,
    settings: Settings,
    found: Snapshot,
    target: PublishSettings,
    *,
    dry: bool,
    whole: bool,
) -> Published:
    """Publish to one target, and write the model for it."""
    if target.kind is TargetKind.PARQUET:
        where, made = _to_folder(session, settings, found, target, dry=dry, whole=whole)
    else:
        where, made = _to_database(session, settings, found, target, dry=dry, whole=whole)
    place, model = _place(target), None
    if place and not dry:
        model = settings.store.parent / "publish" / target.name
        power_bi.write(model, place, dax_measures())
    return Published(target, where, found.number, made, model)


def _place(target: PublishSettings) -> power_bi.Place | None:
    """The place that Power BI reads.

    None where only a connection string says where it is.
    """
    if target.path:
        return power_bi.folder(target.path)
    at = target.database
    if at is None or not (at.server and at.database):
        return None
    if target.kind is TargetKind.SQLSERVER:
        return power_bi.sql_server(at.server, at.database, target.schema)
    return power_bi.postgresql(at.server, target.port or PORT, at.database, target.schema)


def _to_folder(
    session: Session,
    settings: Settings,
    found: Snapshot,
    target: PublishSettings,
    *,
    dry: bool,
    whole: bool,
) -> tuple[str, Publication]:
    folder = target.path or Path()
    if dry:
        return str(folder), parquet.look(session, settings.store, found, folder)
    with locked(folder, "recon publish"):
        made = parquet.publish(session, settings.store, found, folder, whole=whole)
    return str(folder), made


def _to_database(
    session: Session,
    settings: Settings,
    found: Snapshot,
    target: PublishSettings,
    *,
    dry: bool,
    whole: bool,
) -> tuple[str, Publication]:
    from recon.run.publish_target import opened

    with opened(target) as (where, schema):
        if dry:
            return where, database.look(session, settings.store, found, schema)
        made = database.publish(
            session,
            settings.store,
            found,
            schema,
            who=identity.who(),
            whole=whole,
            views=figure_views(),
        )
        schema.commit()
    return where, made
