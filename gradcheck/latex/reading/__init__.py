"""How a laid-out formula is read, one idea a part: what items are, words, brackets, scripts, functions, sums, derivatives."""
