"""Number systems: one interpreter, and a table of rules for floats, for balls and for jets."""
