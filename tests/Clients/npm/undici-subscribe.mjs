// Follows a channel by fetch and JSON lines, and at the next node, after the last message that came, when a node is gone.
//   node undici-subscribe.mjs CHANNEL NODE...
import { setTimeout } from 'node:timers/promises';
import { fetch } from 'undici';

const [channel, ...nodes] = process.argv.slice(2);
let last = 'all';

function show({ event, id, data, encoding }) {
  if (event === 'message') console.log(JSON.stringify(encoding ? { [encoding]: data } : data));
  if (event === 'gap') console.log(event);
  last = id ?? last;
}

for (let attempt = 0; ; attempt++) {
  try {
    const answer = await fetch(new URL(channel, nodes[attempt % nodes.length]), {
      headers: { accept: 'application/x-ndjson', 'last-event-id': last },
    });
    let rest = '';
    for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) show(JSON.parse(line));
    }
  } catch {
    // The node is gone.
  }
  await setTimeout(200);
}
