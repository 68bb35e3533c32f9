"""A Dask scheduler's cost a task: ``python scheduler.py COUNT`` prints its processor seconds a task.

The scheduler is in this process, with its one worker; tasks do nothing, so what is spent is spent on moving them about.
"""

from __future__ import annotations

import sys
import time

from distributed import Client, LocalCluster


def nothing(number: int) -> int:
    """A task."""
    return number


def main() -> None:
    """Submit the tasks, wait for their answers."""
    count = int(sys.argv[1])
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        client.gather(client.map(nothing, range(100), pure=False))
        began = time.process_time()
        tasks = client.map(nothing, range(100, 100 + count), pure=False)
        client.gather(tasks)
        spent = time.process_time() - began
    print(spent / count)


if __name__ == "__main__":
    main()
