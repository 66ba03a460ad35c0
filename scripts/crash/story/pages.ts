/**
 * The pages that messages link to.
 *
 * @module
 */

const [TITLE, DESCRIPTION] = ["Soup", "Hot"];
const PAGE = `<html><head><title>${TITLE}</title><meta property="og:image" content="/soup.png">` +
  `<meta property="og:description" content="${DESCRIPTION}"></head><body>${TITLE}</body></html>`;

/** What a push shows of the preview of a page, if the message has that by then. */
export const PREVIEW_IN_PUSH = `\n${TITLE}${DESCRIPTION}`;

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
