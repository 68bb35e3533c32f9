"""Documents: which formulas stand where in a file, which of them claim a derivative, and what they rest on."""
