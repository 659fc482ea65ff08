// Publishes each line of its input, a JSON string or {"base64"}, over a WebSocket. The key makes it safe to send a message again
// to another node when a connection was lost before its acknowledgement came.
//   node ws-publish.mjs CHANNEL NODE...
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { WebSocket } from 'ws';

const [channel, ...nodes] = process.argv.slice(2);
let socket;
let attempt = 0;

async function connect() {
  socket = new WebSocket(new URL(`${channel}?since=none`, nodes[attempt++ % nodes.length]), 'gateway.json');
  await once(socket, 'open');
}

async function publish(command) {
  if (socket?.readyState !== WebSocket.OPEN) await connect();
  socket.send(JSON.stringify(command));
  const lost = new AbortController();
  const given = once(socket, 'close', { signal: lost.signal }).then(() => { throw new Error('the connection is lost'); });
  try {
    while (true) {
      const [text] = await Promise.race([once(socket, 'message', { signal: lost.signal }), given]);
      const { event, ref, id, status, detail } = JSON.parse(text);
      if (ref !== command.ref) continue; // somebody's message, or a keep-alive
      if (event === 'ack') return id;
      if (status < 500) {
        console.error(detail);
        process.exit(1);
      }
      throw new Error(detail);
    }
  } finally {
    lost.abort();
    given.catch(() => {});
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  const key = randomUUID();
  const command = message.base64 ? { publish: message.base64, encoding: 'base64', key, ref: key } : { publish: message, key, ref: key };
  for (let done = false; !done;) {
    try {
      console.log(await publish(command));
      done = true;
    } catch {
      socket.terminate();
      await setTimeout(200);
    }
  }
}
socket?.close();
