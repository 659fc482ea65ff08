// Follows a channel over a WebSocket, and at the next node, after the last message that came, when a node is gone.
//   node ws-subscribe.mjs CHANNEL NODE...
import { WebSocket } from 'ws';

const [channel, ...nodes] = process.argv.slice(2);
let last = 'all';

function connect(attempt) {
  const url = new URL(`${channel}?since=${last}`, nodes[attempt % nodes.length]);
  const socket = new WebSocket(url, 'gateway.json');

  socket.on('message', (text) => {
    const { event, id, data, encoding } = JSON.parse(text);
    if (event === 'message') console.log(JSON.stringify(encoding ? { [encoding]: data } : data));
    if (event === 'gap') console.log(event);
    last = id ?? last;
  });
  socket.on('error', () => {}); // 'close' follows
  socket.on('close', () => setTimeout(connect, 200, attempt + 1));
}

connect(0);
