"""What an expression is worth, one family of nodes a module; gradcheck.latex.evaluate puts them together."""
