"""Training the documents' networks on real data: the data, the networks by name, the check of their gradients, the page."""
