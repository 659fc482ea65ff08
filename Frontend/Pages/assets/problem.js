// Errors as the gateway says them (RFC 9457).

/** What an answer that is not a success says: {status, title, detail}. */
export async function problemOf(response) {
  let body = {};
  try {
    body = JSON.parse(await response.text());
  } catch {
    // Something between us and the node answered in its own way.
  }
  return {
    status: response.status,
    title: String(body.title ?? `The node answered ${response.status}`),
    detail: String(body.detail ?? response.statusText),
  };
}
