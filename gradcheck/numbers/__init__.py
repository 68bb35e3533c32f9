"""Number systems: one interpreter, and a table of rules for floats, balls, intervals and jets."""
