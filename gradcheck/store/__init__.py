"""What earlier audits computed, kept by content, so that a second audit checks again only what changed.

Two levels. A run is kept by the contents of all files that it read: unchanged, it is told again without importing any of
them. A verdict is kept by the content of its claim (its functions with what they call, its LaTeX, its definitions), the
options and the version of what computes it: a changed formula is checked again, and its neighbours are not.

Nothing in the file is trusted that does not fit its seal, and nothing in it is code.
"""
