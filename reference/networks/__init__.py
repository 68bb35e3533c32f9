"""The networks that the documents describe, in NumPy, by the formulas of `reference`: each runs, and each gradient is a claim.

One module a document: `layers` (``fully-connected``), `relu_softmax` (``three-layer-network``), `linear`
(``network-basics``), `recursion` (``feedforward-backprop``) and `descent` (``dnn-notation``, the algorithm that trains them
all). `remedies` holds what the documents name against overfitting and against gradients that vanish or explode.
"""
