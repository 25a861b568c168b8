"""From tables of databases, or files, to a configuration.

What the databases say of themselves (`schema`) goes into a proposal of which column is which
(`proposal`, pure, with the words of `vocabulary`); what the user makes of it becomes the SELECTs
(`queries`) and the configuration (`configuration`), written all or none (`writing`).

Files are looked at (`looking`, a bounded part of each), grouped into sides (`file_groups`), and
understood by names and values (`file_sides`, with `file_rows`, `file_ids`, `file_columns`,
`file_written`); `file_preview` reads some rows as a month does, `file_configuration` is the text.

Files that come again are found by sender (`feed_senders`), and a feed is proposed for each
(`feed_proposal`, with `feed_values` and `places`); `feed_configuration` is the text.
"""
