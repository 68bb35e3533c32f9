"""How gradients fare in a stack of layers: whether they vanish or explode, where, and which units are dead or saturated."""
