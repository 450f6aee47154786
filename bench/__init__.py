"""Panewall's own bench: the same workloads against visdom and against this server, in one run on one machine.

`bench/run` starts it; `bench/README.md` says how to read what it writes.
"""
