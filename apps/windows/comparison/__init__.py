"""Several envs shown as one.

A comparison is read by a job off the request path (rendering.py), kept (keeping.py), and told to the pages that show it like
an env of its own with a negative number (hub.py, viewing.py). What belongs together is said by merging.py alone.
"""
