"""The formulas of the five source documents as claims, one module a document, with the right code beside them."""
