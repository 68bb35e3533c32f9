"""Formulas that are known to be right, one module a family; `gradcheck find` looks them up, and an audit proves them."""
