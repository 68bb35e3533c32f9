"""The claims of `gradcheck health`, among those that an audit of `reference` judges: how gradients fare against depth."""

from __future__ import annotations

from gradcheck.health.claims import SHEET

__all__ = ["SHEET"]
