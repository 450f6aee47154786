"""A process that makes load. The bench starts it on the Python of the system it talks to.

It is told what to do by lines of JSON on its input and answers with lines of JSON. A load is a generator: what it yields is
an answer, what comes back is the next order, and what it returns is its last answer.
"""

import json
import sys

from . import comparisons, imaging, loads


def main() -> None:
    # Whatever a client prints must not come between the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    job = json.loads(sys.stdin.readline())
    load = (loads.LOADS | comparisons.LOADS | imaging.LOADS)[job["load"]](**job["arguments"])
    order = None
    while True:
        try:
            answer = load.send(order)
        except StopIteration as end:
            print(json.dumps(end.value), file=answers, flush=True)
            return
        print(json.dumps(answer), file=answers, flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        order = json.loads(line)


if __name__ == "__main__":
    main()
