"""Relations of the session: grain, columns, maker and readers.

The core shares them by name, which no import shows; `RELATIONS` is the one place that lists them,
in the order in which they are made. Modules are named from this room on, those of other rooms from
`recon` on.

Names of columns that mean the same everywhere: `line` is the row of a contract line in its source,
below 0 for a line that only accounting has. `id_key` is an id as it is compared
(`recon.store.ids`); with `type` and `currency` it is the key of a line. Amounts are
ten-thousandths, months are counted from January of year 0. `unit` is a currency's minor unit,
`stands_for` how many entries a row adds up.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """Table or view of a session: one row per `grain`.

    A column that ends in `*` is one per column of the source. A relation that no other module reads
    is a step of the one that makes it.
    """

    name: str
    grain: str
    columns: tuple[str, ...]
    made_by: str
    read_by: tuple[str, ...] = ()


_KEY = "id_key type currency"
_KEY_AS_SPELLED = "given_contract_id given_revenue_type given_currency"
_SUMS = f"{_KEY} id other_id recognized entries earned"
_PLACED = f"{_SUMS} line"
_KIND = "monthly dated free_months free_at valid_from"
_TERM = "term_kind full_end ends_on lasts term_start term_months closed_on"
_RULE = "type kind recognition convention rounding start_rule stop_rule unit ppm floor cap"
_COMPARED = """line rule id id_key type currency segment start_month close_month expected recognized
    difference entries to_date_expected to_date_recognized remainder on_contract known_contract
    closed_early term_mismatch spelling status off_to_date over_value"""
_LINES = f"""{_COMPARED} kind recognition convention rounding start_rule stop_rule unit ppm floor
    cap value booked_on started_on close_date terminated_on duration {_KIND} customer_id customer
    owner over_time last_day reached_on {_TERM} allowed"""
_WITH_TERMS = f"""{_LINES.replace("start_month close_month ", "")} start_month term_end basis
    term_days first_days month_days whole_months denominator first step periods close_month
    stop_period stop_days stop_of stop_before stop_part stop_share stop_elapsed stop_parts"""

_OFF = _WITH_TERMS.replace(" start_month", " buyer start_month")


def _relation(name: str, grain: str, columns: str, made_by: str, read_by: str = "") -> Relation:
    return Relation(name, grain, tuple(columns.split()), made_by, tuple(read_by.split()))


RELATIONS = (
    _relation(
        "rules",
        "revenue type, segment with a tolerance of its own (or none) and minor unit",
        f"rule {_RULE}",
        "policy_sql",
        "compare contract_intake explain.relations known_terms totals",
    ),
    _relation(
        "units",
        "currency whose minor unit is not a hundredth",
        "currency unit",
        "policy_sql",
        "explain.relations",
    ),
    _relation(
        "contracts_typed",
        "contract row as delivered, valid or not; `reason` is NULL where it is valid",
        "row id id_key type rule currency value finer duration booked_on started_on close_date "
        f"terminated_on {_KIND} customer_id customer segment owner type_text reason",
        "contract_intake",
        "compare control_totals entry_intake explain.relations known_terms recognized repeated "
        "rows_of_one_key totals",
    ),
    _relation(
        "contracts_of_one_key",
        "contract row as delivered, whose contract and revenue type another row has, too",
        "row",
        "repeated",
    ),
    _relation(
        "contracts_repeated",
        "contract row that is equal to the earlier row `place` in every column",
        "row place id currency value finer",
        "repeated",
        "control_totals entry_detail events.delivered_twice run.spark.together",
    ),
    _relation(
        "duplicate_contract_keys",
        "contract and revenue type with several contract rows that differ",
        "id_key type rows ids",
        "repeated",
        "entry_intake rows_of_one_key",
    ),
    _relation(
        "contracts_valid",
        "valid contract row, with its rule and its term as `expected.terms` needs it",
        "row id id_key type kind recognition currency unit value convention rounding start_rule "
        f"stop_rule booked_on started_on close_date terminated_on duration {_KIND} rule "
        f"customer_id customer segment owner ppm floor cap over_time last_day reached_on {_TERM}",
        "contract_intake",
        "compare",
    ),
    _relation(
        "entries_repeated",
        "entry whose id another one has, too: equal to the earlier row `place`, or of other "
        "content than the row `other`, and then `refused` says so; `one` is the first of all",
        "row place entry_id other one apart refused",
        "repeated",
        "entry_detail entry_intake run.spark.together",
    ),
    _relation(
        "periods_typed",
        "period as spelled, with its month; only where periods are text",
        "recon_period recon_month",
        "entry_intake",
        "completeness",
    ),
    _relation(
        "entries_typed",
        "entry, its key as spelled",
        f"row {_KEY_AS_SPELLED} amount finer month stands_for repeated refused",
        "entry_intake",
        "entry_detail events.delivered_twice recognized run.spark.together",
    ),
    _relation(
        "entries_raw",
        "entry as delivered, repeated ones left out",
        "given_* refused",
        "entry_intake",
        "completeness entry_detail events.batches events.carried explain.relations run.gathering",
    ),
    _relation(
        "entries_raw_numbered",
        "entry as delivered, repeated ones left out, with its place in the source",
        "row given_* refused",
        "entry_intake",
        "entry_detail explain.relations",
    ),
    _relation(
        "entry_sums_as_spelled",
        "key as spelled; `keyed` where the key can be read, `unread` where some entry cannot; "
        "`line` is the valid contract row that is spelled alike",
        f"{_KEY_AS_SPELLED} recognized entries earned first_month last_month unread type "
        "currency line id id_key keyed",
        "recognized",
        "entry_detail events.carried ledger",
    ),
    _relation(
        "entry_sums_merged",
        "key that is spelled in several ways",
        _PLACED,
        "recognized",
    ),
    _relation(
        "entry_sums_all", "key of entries that can be read", _PLACED, "recognized", "known_terms"
    ),
    _relation(
        "ledger_span",
        "session: the first and the last month with an entry",
        "first_month last_month",
        "recognized",
        "entry_detail totals",
    ),
    _relation(
        "ledger_months",
        "month in which keys have their first or their last entry, with how many",
        "month begins ends",
        "ledger",
    ),
    _relation(
        "ledger_cover",
        "session: the first and the last month of which the ledger has enough lines",
        "first_month last_month",
        "ledger",
        "carried causes.amendments causes.months_off causes.terms events.carried totals",
    ),
    _relation(
        "lines_uncovered",
        "line that does not agree to date only because the ledger begins after it does",
        "line",
        "ledger",
        "carried totals",
    ),
    _relation(
        "invalid_contract_keys",
        "key with entries whose contract row is invalid",
        f"{_KEY} reason",
        "recognized",
        "entry_detail explain.relations",
    ),
    _relation(
        "entry_sums", "key of entries that can be compared", _PLACED, "recognized", "compare"
    ),
    _relation(
        "sums_spelled_otherwise",
        "key of entries that no contract row is spelled like, with its line if there is any",
        _PLACED,
        "compare",
    ),
    _relation(
        "sums_without_line",
        "key of entries that no contract line has",
        _SUMS,
        "compare",
        "rollforward",
    ),
    _relation(
        "added_rows",
        "contract row of a key with several, where they are added up; `line` is their first one",
        "line row id id_key type kind recognition currency unit value convention rounding "
        f"start_rule stop_rule booked_on started_on close_date terminated_on duration {_KIND} rule "
        f"customer_id customer segment owner ppm floor cap over_time last_day reached_on {_TERM} "
        "start_month term_end basis term_days first_days "
        "month_days whole_months denominator first step periods close_month stop_period "
        "stop_days stop_of stop_before stop_part stop_share stop_elapsed stop_parts "
        "version from_month void own_close base worth",
        "compare",
        "carried causes.gather causes.months_off causes.terms "
        "control_totals events.batches events.policies explain.relations ledger rollforward",
    ),
    _relation(
        "lines_without_contract",
        "key with entries in the month that no contract line has",
        f"row rule id other_id {_KEY} customer_id customer segment owner known_contract ppm floor "
        "cap unit recognized entries to_date_recognized",
        "compare",
    ),
    _relation(
        "lines_compared",
        "contract line, or other key with entries in the month",
        _COMPARED,
        "compare",
        "carried causes.counterparts causes.gather control_totals entry_detail events.batches "
        "events.carried events.chosen events.delivered_twice events.id_rules events.marks "
        "events.ranges known_terms ledger rollforward totals",
    ),
    _relation(
        "lines",
        "line of `lines_compared`, with its contract, rule, term and allowance",
        _LINES,
        "compare",
        "carried causes.gather events.carried events.policies explain.relations ledger rollforward "
        "totals",
    ),
    _relation(
        "entry_control_totals",
        "currency of the month's entries as delivered",
        "currency rows total finer repeated repeated_total",
        "entry_detail",
        "control_totals",
    ),
    _relation(
        "repeated_rows",
        "side: its first row that is equal to an earlier one, of the month",
        "side row place id",
        "entry_detail",
        "control_totals",
    ),
    _relation(
        "keys_to_reread",
        "key as spelled and broken line, or line with a `carried` difference; `suspect` where some "
        "entry cannot be compared",
        f"{_KEY_AS_SPELLED} id {_KEY} line far blocked carried suspect",
        "entry_detail",
    ),
    _relation(
        "entries_reread",
        "entry under one of these keys, typed, with its reason",
        f"row line far blocked suspect carried entry_id {_KEY} amount month stands_for "
        "document_ref posted_at assumed reason",
        "entry_detail",
    ),
    _relation(
        "break_entries",
        "entry of a broken line, `distance` in months; a year around where that may say more",
        "line distance entry_id amount document_ref posted_at assumed",
        "entry_detail",
        "causes.months_off causes.objections causes.postings events.batches events.factors",
    ),
    _relation(
        "entries_invalid",
        "entry up to the month after that cannot be compared; `place` is counted in the month, "
        "`unread` is false where only its contract row is invalid",
        "row place entry_id id_key currency amount month stands_for reason unread",
        "entry_detail",
        "causes.objections control_totals run.spark.together",
    ),
    _relation(
        "entries_unread",
        "entry of the month, or of no month, that cannot be read and may be a broken line's",
        "line row entry_id reason",
        "entry_detail",
        "causes.objections events.batches events.delivered_twice",
    ),
    _relation(
        "recognized_months",
        "broken line and other month with entries, up to a year away",
        "line month recognized",
        "entry_detail",
        "causes.months_off events.batches",
    ),
    _relation(
        "posted_months",
        "broken line and month up to the reconciled one with entries; `condensed` where they are "
        "the sum of several months from this one on",
        "line month recognized condensed",
        "entry_detail",
        "causes.amendments causes.months_off causes.terms",
    ),
    _relation(
        "carried_entries",
        "entry up to the month of a line that agrees in the month and not to date; `condensed` "
        "where it is the sum of several months",
        "line month entry_id amount document_ref condensed",
        "entry_detail",
        "carried",
    ),
    _relation(
        "compliance_blanks",
        "compliance column, with the month's entries where it is blank",
        "compliance entries",
        "entry_detail",
        "totals",
    ),
    _relation(
        "lines_off",
        "line with a difference, with its customer's key and everything that its term is made of",
        _OFF,
        "causes.gather",
        "causes.counterparts causes.objections causes.terms causes.together events.batches "
        "events.bias events.factors events.id_rules events.mapping events.policies",
    ),
    _relation(
        "breaks",
        "line whose difference is outside tolerance",
        _OFF,
        "causes.gather",
        "causes.amendments causes.counterparts causes.months_off causes.objections causes.terms "
        "earlier_values",
    ),
    _relation(
        "neighbour_months",
        "broken line, with the differences of the months around it",
        "line expected_before expected_after before_difference after_difference ledger_from "
        "known_difference months_with_part months_broken",
        "causes.months_off",
        "causes.gather events.batches",
    ),
    _relation(
        "months_off",
        "broken line and other month, up to a year away, with too much or too little",
        "line month due difference",
        "causes.months_off",
        "causes.objections",
    ),
    _relation(
        "alternative_terms",
        "broken line with a contract and entries, with everything its other terms are made of",
        "line value unit term_start term_months convention rounding start_rule stop_rule booked_on "
        "started_on duration start_month periods term_mismatch currency recognized expected "
        "to_date_recognized over_time close_date earlier earlier_at in_term to_close closed_on "
        "day_after closing_day whole_to_close in_calendar months_to_close durations amendable",
        "causes.terms",
        "causes.amendments causes.readings",
    ),
    _relation(
        "earlier_values",
        "other value of a broken line's contract in an earlier run, that of a newer run first",
        f"line {_KEY} value month place",
        "earlier_values",
        "causes.terms",
    ),
    _relation(
        "fitting_terms",
        "broken line and reading of its term by which the month agrees (`tried`), or as it is",
        "line tried value unit convention rounding start_rule stop_rule term_months term_start "
        "ends_on closed_on start_month term_end basis term_days first_days month_days "
        "whole_months denominator first step periods close_month stop_period stop_days stop_of "
        "stop_before stop_part stop_share stop_elapsed stop_parts",
        "causes.terms",
    ),
    _relation(
        "breaks_lacking",
        "broken line that lacks revenue, with the amounts that would fill it",
        f"line {_KEY} buyer entries id difference way least most",
        "causes.objections",
    ),
    _relation(
        "amounts_surplus",
        "amount of one to three entries, or of a line, that no line expects",
        f"id {_KEY} known_contract buyer entries size way",
        "causes.objections",
    ),
    _relation(
        "break_causes",
        "broken line, with its cause",
        "line cause severity months_broken",
        "totals",
        "events.batches events.chosen explain.relations",
    ),
    _relation(
        "event_marks",
        "mark with enough lines off for an event, the whole side first; `axes` is of grouping",
        "mark axes currency type segment start_month due posted off lacking unknown",
        "events.marks",
        "events.batches events.factors events.mapping events.policies",
    ),
    _relation(
        "event_documents",
        "broken line of a document or posting day (`axis`) with enough of them for an event",
        "mark axis value line",
        "events.factors",
    ),
    _relation(
        "event_symptoms",
        "broken line and what happened to its entries (`what`), with the months to where",
        "line what months",
        "events.batches",
    ),
    _relation(
        "event_lines",
        "line of an event, with the event's id",
        "line event",
        "totals",
    ),
    _relation(
        "contract_entries",
        "entry of the explained contract, with the reason why it is kept out",
        f"row given_* type_folded said_* id {_KEY} amount month stands_for entry_id type_text "
        "amount_text period_text posted_at document_ref compliance_* reason",
        "explain.relations",
    ),
    _relation(
        "contract_lines",
        "line of the explained contract, keys with entries of other months alone included",
        f"{_WITH_TERMS} months_broken",
        "explain.relations",
    ),
)
