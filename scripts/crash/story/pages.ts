/**
 * The pages that messages link to.
 *
 * @module
 */

const PAGE = '<html><head><title>Soup</title><meta property="og:image" content="/soup.png">' +
  '<meta property="og:description" content="Hot"></head><body>Soup</body></html>';

/** A server of pages. Disposing it ends it. */
export interface Pages extends AsyncDisposable {
  readonly url: string;
}

/** Serves the same page at each path, on a free port of 127.0.0.1. */
export function servePages(): Pages {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}
