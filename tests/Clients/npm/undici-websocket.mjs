// Follows a channel by the WebSocket that browsers have too, and at the next node, after the last message that came, when a node is gone.
//   node undici-websocket.mjs CHANNEL NODE...
import { WebSocket } from 'undici';

const [channel, ...nodes] = process.argv.slice(2);
let last = 'all';

function connect(attempt) {
  const url = new URL(`${channel}?since=${last}`, nodes[attempt % nodes.length]);
  url.protocol = 'ws:';
  const socket = new WebSocket(url, 'gateway.json');

  socket.onmessage = (frame) => {
    const { event, id, data, encoding } = JSON.parse(frame.data);
    if (event === 'message') console.log(JSON.stringify(encoding ? { [encoding]: data } : data));
    if (event === 'gap') console.log(event);
    last = id ?? last;
  };
  socket.onclose = () => setTimeout(connect, 200, attempt + 1);
}

connect(0);
