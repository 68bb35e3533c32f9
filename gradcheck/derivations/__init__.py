"""Derivations judged line by line: which step is wrong, which rule each needs, and how it should have gone on."""
