/**
 * The program's own client of HTTP, which Deno's `fetch` takes: with authorities and a certificate of
 * its own, and HTTP/2. Node has no twin.
 *
 * @module
 */

/** What a client connects with. */
export interface HttpClientOptions {
  /** Further authorities that are trusted, in PEM. @default {none besides the system's} */
  readonly ca?: string | undefined;
  /** A certificate of this program, in PEM, with its key. @default {none} */
  readonly cert?: string | undefined;
  /** The key of the certificate, in PEM, not encrypted. */
  readonly key?: string | undefined;
  /** `true`: HTTP/2 and nothing else; `false`: HTTP/1.1. @default {false} */
  readonly http2?: boolean | undefined;
}

/** Keeps connections, which requests share. */
export class HttpClient implements Disposable {
  readonly #client: Deno.HttpClient;

  /** @throws {TypeError} When a certificate or the key is not valid. */
  constructor({ ca, cert, key, http2 = false }: HttpClientOptions) {
    this.#client = Deno.createHttpClient({
      ...(ca === undefined ? {} : { caCerts: [ca] }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      ...{ http1: !http2, http2 },
    });
  }

  /** Sends a request, as the global `fetch` does. Read the answer's body, or cancel it. */
  async fetch(url: URL, init: RequestInit): Promise<Response> {
    return await fetch(url, { ...init, client: this.#client });
  }

  /** Takes no more requests, and closes its connections when those under way are answered. */
  [Symbol.dispose](): void {
    this.#client.close();
  }
}
