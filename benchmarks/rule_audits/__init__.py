"""Derivative rules that others wrote by hand, as installed: what there is, how it is exercised, what was found and reviewed."""
