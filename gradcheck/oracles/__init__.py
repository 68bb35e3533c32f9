"""Oracles: independent ways to the truth about a derivative, none of which is believed alone."""
