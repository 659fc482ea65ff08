// Publishes each line of its input, a JSON string or {"base64"}, over a WebSocket. The key makes it safe to send a message again
// to another node when a connection was lost before its acknowledgement came.
//   node ws-publish.mjs CHANNEL NODE...
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const [channel, ...nodes] = process.argv.slice(2);
const waiting = new Map();
let socket;

function connect(attempt) {
  socket = new WebSocket(new URL(channel, nodes[attempt % nodes.length]), 'gateway.json');

  socket.on('open', () => waiting.forEach(({ command }) => socket.send(command)));
  socket.on('message', (text) => {
    const { event, ref, id, status, detail } = JSON.parse(text);
    if (event === 'ack') {
      console.log(id);
      waiting.get(ref).done();
      waiting.delete(ref);
    } else if (event === 'error' && status < 500) {
      console.error(detail);
      process.exit(1);
    } else if (event === 'error') {
      socket.close(); // for another node
    }
  });
  socket.on('error', () => {}); // 'close' follows
  socket.on('close', () => setTimeout(connect, 200, attempt + 1));
}

function publish(message) {
  const key = randomUUID();
  const data = message.base64 ? { publish: message.base64, encoding: 'base64' } : { publish: message };
  const command = JSON.stringify({ ...data, key, ref: key });
  return new Promise((done) => {
    waiting.set(key, { command, done });
    if (socket.readyState === WebSocket.OPEN) socket.send(command);
  });
}

connect(0);
for await (const line of createInterface({ input: process.stdin })) await publish(JSON.parse(line));
process.exit();
