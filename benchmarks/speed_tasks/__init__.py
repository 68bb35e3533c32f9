"""What `benchmarks/speed.py` times, as functions that other benchmarks can import.

from speed_tasks.formulas import formulas          # forty small formulas, in any of the libraries
from speed_tasks.large import softmax, elementwise, dense_layer, loss
from speed_tasks.planted import off_everywhere, off_in_one_entry, doubled_largest, faults
"""
