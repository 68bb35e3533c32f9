"""A program: a function traced from JAX or NumPy into a jaxpr, or a black box with the reason why it was not."""
