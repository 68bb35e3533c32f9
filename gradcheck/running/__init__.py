"""Where the claims of an audit run: worker processes with limits, executors of others, clusters.

A *unit* of work is one claim, as data: the source that declares it, or the document that prints it, and which it is. It runs
wherever a `concurrent.futures.Executor` takes it, and what comes back is text: the verdict in its stored form.
"""
