"""Whether the function that stands beside a printed formula computes what is printed."""
