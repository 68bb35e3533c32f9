"""A library of formulas: each with its forward, its derivative, where it breaks, and claims that prove it."""
