// The JSON form of a subscription: newline-delimited objects, as they come.

/**
 * The events of a response, as many at once as came together; ends with the response.
 * What is left of a line where a connection was cut is no event.
 */
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();

  // A long line comes in many pieces: they are joined once.
  let begun = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const end = value.lastIndexOf('\n');
    if (end < 0) {
      begun.push(value);
      continue;
    }
    const lines = (begun.join('') + value.slice(0, end)).split('\n');
    begun = [value.slice(end + 1)];
    yield lines.filter(line => line !== '').map(line => JSON.parse(line));
  }
}
