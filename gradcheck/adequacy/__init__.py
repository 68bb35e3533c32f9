"""Whether a check could have failed: both sides of every comparison visited, and changed claims noticed."""
