"""The embedded sample: books with planted errors, and their truth.

Everything follows from the `Recipe`: equal recipes yield equal rows, in equal order, with any
number of threads and on any machine. A sample is a DuckDB file with four tables:

- contracts, entries: what the two sources deliver, with the columns of the specification
- truth: contract_id, revenue_type, currency, month, cause, event, note. One row for each line
  and month that an error touches; what went to the wrong place has two rows of one event. Every
  other line and month agrees exactly. The cause `invalid` marks rows that cannot be compared:
  contract rows with their months, and single entries (their line is otherwise in order).
- about: the recipe and the number of rows, by name

How the pieces build on each other: `contracts` -> `postings` -> `candidates` -> `planting` (by the
rules in `plan`) -> `tables` -> `files`.
"""

from recon.sources.sample.files import Kind, ensure, export, make, refuse_books, sample_path
from recon.sources.sample.recipe import Recipe

__all__ = ["Kind", "Recipe", "ensure", "export", "make", "refuse_books", "sample_path"]
