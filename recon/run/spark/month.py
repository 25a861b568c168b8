"""A month on Spark: opened, compared in groups, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pyarrow as pa

from recon.base.result import Reconciliation, Side
from recon.config import Settings
from recon.reconciliation.contract_intake import refuse_crm_close_dates
from recon.reconciliation.revenue import summarize
from recon.run.past_contracts import know_past
from recon.run.spark.failures import spark_reading
from recon.run.spark.groups import Task, compared
from recon.run.spark.session import groups, session
from recon.run.spark.sides import SparkSide, opened
from recon.run.spark.together import Together
from recon.sources.delivery import Delivery, Request, Scratch
from recon.store.session import Session, columns, open_session, reading


@dataclass(frozen=True, slots=True)
class OnSpark:
    """A month's reconciliation with both sides.

    The sides are as they can be selected from.
    """

    session: Session
    result: Reconciliation
    deliveries: Mapping[Side, Delivery]
    relations: Mapping[Side, str]


@contextmanager
def month_on_spark(
    settings: Settings, request: Request, scratch: Scratch, tell: Callable[[str], None]
) -> Iterator[OnSpark]:
    """Yield a month that Spark has compared.

    Raises ConfigError, SourceUnreachable and SourceDataError.
    """
    with ExitStack() as stack:
        connection = stack.enter_context(open_session(settings.memory_limit, [settings.reports]))
        tell("Starting Spark")
        # What follows the comparison needs no Spark any more.
        with session(settings.spark, scratch()) as spark:
            tell("Reading both sides")
            sides = {
                side.side: opened(spark, side, request, scratch, settings.policy.currency)
                for side in (settings.analytics, settings.accounting)
            }
            tell(f"Reconciling {request.month} on Spark")
            with spark_reading(f"{request.month} cannot be compared"):
                empty = {side: found.frame.limit(0).toArrow() for side, found in sides.items()}
                task = _task(connection, settings, request, sides, empty)
                together = Together(connection, task, scratch())
                notices = together.begin(empty)
                frames = {side: found.frame for side, found in sides.items()}
                with compared(spark, frames, task, groups(settings.spark, spark)) as answers:
                    for kind, payload in answers:
                        together.add(kind, payload)
        know_past(connection, settings.reports, request.month)
        result = _concluded(connection, together, task, notices)
        yield OnSpark(
            connection,
            result,
            {side: found.delivery for side, found in sides.items()},
            {side: together.rows(side, found.left_out) for side, found in sides.items()},
        )


def _task(
    connection: Session,
    settings: Settings,
    request: Request,
    sides: Mapping[Side, SparkSide],
    empty: Mapping[Side, pa.Table],
) -> Task:
    """The part of the task that holds for every group."""
    selects = {}
    for side, table in empty.items():
        connection.register("columns_now", table)
        selects[side] = sides[side].select(columns(connection, "columns_now"))
        connection.unregister("columns_now")
    return Task(
        month=request.month,
        policy=settings.policy,
        compliance=settings.accounting.compliance,
        selects=selects,
        descriptions={side: found.delivery.description for side, found in sides.items()},
    )


def _concluded(
    connection: Session, together: Together, task: Task, notices: list[str]
) -> Reconciliation:
    """The reconciliation from the answers of all groups."""
    together.end()
    with reading(Side.ANALYTICS, task.descriptions[Side.ANALYTICS]):
        refuse_crm_close_dates(connection)
    return summarize(
        connection, task.month, task.policy, task.descriptions, task.compliance, notices
    )
