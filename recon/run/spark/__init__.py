"""Spark: a month on Apache Spark, by the same core.

The way of the data: both sides are opened as data frames (`sides`) and divided into groups of
contracts; each group is compared in an executor by the core in a DuckDB of its own and answers
with a few relations and its own rows (`groups`); on this machine the groups are put together
(`together`), the rows go back into their order, and the core concludes (`month`).

This package alone imports pyspark, and only where a month runs on it.
"""
