"""Printed formulas judged: from LaTeX to claims on arrays, every admissible reading, one verdict."""
