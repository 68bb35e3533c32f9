"""An audit as one document that can be kept, read again and compared: everything that any rendering shows, as JSON.

`document` makes it, `text` writes it down, `read` makes an `Audit` of it again on which every rendering gives the same bytes
as on the fresh one; `gradcheck.report.schema` describes it. What is in it follows from the fields of the classes themselves.
Functions are kept by name alone: a claim that was read can be shown and compared, and never run.
"""

from gradcheck.stored.absent import NotStoredError, StoredFunction, StoredSpace
from gradcheck.stored.document import (
    FORMAT,
    VERSION,
    Results,
    ResultsError,
    document,
    read,
    rebuilt,
    results,
    text,
    verdict_from,
    verdict_text,
)

__all__ = [
    "FORMAT",
    "VERSION",
    "NotStoredError",
    "Results",
    "ResultsError",
    "StoredFunction",
    "StoredSpace",
    "document",
    "read",
    "rebuilt",
    "results",
    "text",
    "verdict_from",
    "verdict_text",
]
