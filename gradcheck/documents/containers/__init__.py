"""Containers: one module a format, each of which finds the formulas of a text and keeps every place exact."""
