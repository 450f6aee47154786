"""Starts visdom without the downloads that its console script begins with. For a profiler, which wants a file."""

from visdom.server.run_server import main

main()
