"""Judging one case: the sides, what is heard of the oracles, what is shown, and the two ways to a verdict."""
