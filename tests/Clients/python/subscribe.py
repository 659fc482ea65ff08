"""Follows a channel by JSON lines, and at the next node, after the last message that came, when a node is gone.

    python3 subscribe.py CHANNEL HOST:PORT...
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
        connection.request("GET", "/" + channel, headers={"Accept": "application/x-ndjson", "Last-Event-ID": last})
        for line in connection.getresponse():
            event = json.loads(line)
            if event["event"] == "message":
                data = event["data"]
                print(json.dumps({event["encoding"]: data} if "encoding" in event else data), flush=True)
            elif event["event"] == "gap":
                print("gap", flush=True)
            last = event.get("id", last)
    except (OSError, http.client.HTTPException, ValueError):
        pass  # The node is gone.
    time.sleep(0.2)
