// Publishes each line of its input, a JSON string or {"base64"}. The key makes it safe to send a message again to another node.
//   node undici-publish.mjs CHANNEL NODE...
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { request } from 'undici';

const [channel, ...nodes] = process.argv.slice(2);
let attempt = 0;

async function publish(message) {
  const headers = {
    'content-type': message.base64 ? 'application/octet-stream' : 'text/plain; charset=utf-8',
    'idempotency-key': randomUUID(),
  };
  const body = message.base64 ? Buffer.from(message.base64, 'base64') : message;
  for (; ; attempt++) {
    try {
      const answer = await request(new URL(channel, nodes[attempt % nodes.length]), { method: 'POST', headers, body });
      const text = await answer.body.text();
      if (answer.statusCode === 200) return answer.headers['message-id'];
      if (answer.statusCode < 500) {
        console.error(text);
        process.exit(1);
      }
    } catch {
      // The node is gone.
    }
    await setTimeout(200);
  }
}

for await (const line of createInterface({ input: process.stdin })) console.log(await publish(JSON.parse(line)));
