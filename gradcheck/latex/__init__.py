"""Reading printed formulas."""
