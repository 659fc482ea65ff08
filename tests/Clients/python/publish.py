"""Publishes each line of its input, a JSON string or {"base64"}. The key makes it safe to send a message again to another node.

    python3 publish.py CHANNEL HOST:PORT...
"""
import base64
import http.client
import itertools
import json
import sys
import time
import uuid

channel, *nodes = sys.argv[1:]


def publish(message):
    if isinstance(message, str):
        body, kind = message.encode(), "text/plain; charset=utf-8"
    else:
        body, kind = base64.b64decode(message["base64"]), "application/octet-stream"
    headers = {"Content-Type": kind, "Idempotency-Key": str(uuid.uuid4())}
    for node in itertools.cycle(nodes):
        try:
            connection = http.client.HTTPConnection(node, timeout=10)
            connection.request("POST", "/" + channel, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            if answer.status == 200:
                return answer.headers["Message-Id"]
            if answer.status < 500:
                sys.exit(text)
        except (OSError, http.client.HTTPException):
            pass  # The node is gone.
        time.sleep(0.2)


for line in sys.stdin:
    print(publish(json.loads(line)), flush=True)
