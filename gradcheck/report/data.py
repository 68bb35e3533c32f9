"""The audit as data: the stored document as JSON, the table as CSV and Parquet."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from gradcheck import stored
from gradcheck.audit import Audit
from gradcheck.report.table import rows, table
from gradcheck.report.text import clean

if TYPE_CHECKING:
    import pandas as pd

_COMPUTED = ("=", "+", "-", "@")
_FOREIGN = ("document", "claim", "printed", "transcription", "counterexample", "diagnosis", "correction")


def audit_json(audit: Audit) -> str:
    """Everything about the audit as one JSON object, which `gradcheck.stored.read` reads again, with the rows of the table."""
    return stored.text({**stored.document(audit), "rows": rows(audit)})


def audit_csv(audit: Audit) -> str:
    """The table as comma-separated values with a header line.

    Foreign text that a spreadsheet would compute (``=…``, ``+…``, ``-…``, ``@…``) has an apostrophe before it, which tells
    spreadsheets that it is text (OWASP, "CSV Injection"). The other formats have it as it is.
    """
    frame = _cleaned(audit)
    for name in _FOREIGN:
        frame[name] = [f"'{words}" if words.lstrip().startswith(_COMPUTED) else words for words in frame[name]]
    csv: str = frame.to_csv(index=False, lineterminator="\n")
    return csv


def audit_parquet(audit: Audit) -> bytes:
    """The table as a Parquet file, its columns typed as in `gradcheck.report.table.table`.

    Raises:
        ImportError: pyarrow is missing, which is in the extra ``gradcheck[reports]``.
    """
    file = io.BytesIO()
    _cleaned(audit).to_parquet(file, engine="pyarrow", index=False)
    return file.getvalue()


def _cleaned(audit: Audit) -> pd.DataFrame:
    """The table, its text without what a terminal obeys."""
    frame = table(audit)
    for name in frame.columns:
        if frame[name].dtype not in ("int64", "bool", "Int64"):
            frame[name] = [clean(words) for words in frame[name]]
    return frame
