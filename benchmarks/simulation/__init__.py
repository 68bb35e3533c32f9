"""What `benchmarks/simulate.py` measures and simulates: unit costs, an audit on many workers, a check of a sharded model."""
