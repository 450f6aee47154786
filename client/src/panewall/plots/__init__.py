"""visdom's plots as Plotly traces. Pure functions: arrays and options in, traces out, nothing sent.

Numbers stay numpy arrays in the traces; `panewall.arrays` writes them to the wire, or as lists for those who read messages.
"""
