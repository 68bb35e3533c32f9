"""What the pytest plugin does once a run uses it: the fixture, the sheets as items, the findings, the summary."""
