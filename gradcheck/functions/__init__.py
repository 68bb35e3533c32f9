"""Functions in code, of trees of arrays, made into claims about named real arrays."""
