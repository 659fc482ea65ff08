// Follows a channel by EventSource, which comes back and resumes by itself.
//   node eventsource.mjs PACKAGE URL          PACKAGE: eventsource, undici, or reconnecting-eventsource
import * as eventsource from 'eventsource';

const [name, url] = process.argv.slice(2);
globalThis.EventSource ??= eventsource.EventSource; // reconnecting-eventsource builds on that of the browser
const library = await import(name);
const EventSource = library.EventSource ?? library.default;
const source = new EventSource(url);

source.addEventListener('message', (event) => console.log(JSON.stringify(event.data)));
source.addEventListener('binary', (event) => console.log(JSON.stringify({ base64: event.data })));
source.addEventListener('gap', (event) => console.log('gap', event.data));
