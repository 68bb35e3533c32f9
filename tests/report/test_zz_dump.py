from gradcheck.report.sarif import audit_sarif
from pathlib import Path
def test_dump(full_audit, located_audit):
    Path('/tmp/outputs/full.sarif').write_text(audit_sarif(full_audit)); Path('/tmp/outputs/loc.sarif').write_text(audit_sarif(located_audit))
