"""One table, many renderings: what an audit found, for the terminal, Markdown, CSV, JSON and the browser.

Every rendering is a pure function of an `Audit`: same audit, same bytes; no clock, no absolute path.
"""
