"""Layers with hand-written derivatives, in NumPy, JAX and PyTorch."""
