"""Polls a channel, waiting at the node for what comes next, and goes on at the next node when one is gone.

    python3 poll.py CHANNEL HOST:PORT...
"""
import http.client
import itertools
import json
import sys
import time

channel, *nodes = sys.argv[1:]
last = "all"

for node in itertools.cycle(nodes):
    try:
        connection = http.client.HTTPConnection(node, timeout=40)
        while True:
            connection.request("GET", f"/{channel}?poll=1&wait=30s", headers={"Last-Event-ID": last})
            answer = connection.getresponse()
            lines = answer.read().splitlines()
            if answer.status not in (200, 204):
                break
            for event in map(json.loads, lines):
                if event["event"] == "message":
                    data = event["data"]
                    print(json.dumps({event["encoding"]: data} if "encoding" in event else data), flush=True)
                else:
                    print("gap", flush=True)
            last = answer.headers["Last-Event-ID"]
    except (OSError, http.client.HTTPException):
        pass  # The node is gone: what did not come whole is asked for again.
    time.sleep(0.2)
