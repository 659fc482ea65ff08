// A channel as a plain WebSocket: prints what comes, publishes what is typed. Plain messages have no ids, so it cannot resume.
//   node ws-plain.mjs CHANNEL NODE
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const [channel, node] = process.argv.slice(2);
const socket = new WebSocket(new URL(channel, node));

socket.on('message', (data, isBinary) => {
  console.log(JSON.stringify(isBinary ? { base64: data.toString('base64') } : data.toString()));
});
socket.on('open', () => {
  console.log('open');
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const message = JSON.parse(line);
      socket.send(message.base64 ? Buffer.from(message.base64, 'base64') : message);
    })
    .on('close', () => socket.close());
});
