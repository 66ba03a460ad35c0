/**
 * The dashboard's pages with made-up data, without a process behind them.
 *
 * @module
 */

import type { DashboardView } from "../../lib/operations/dashboard/view.ts";
import { Assets } from "../../lib/server/assets.ts";
import { histories } from "./night.ts";

/** A server that shows one view for ever. */
export class PagesServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #assets = new Assets("");
  readonly #view: DashboardView;

  /** Starts it. @param port 0: any that is free. */
  constructor(view: DashboardView, port = 0) {
    this.#view = view;
    const options = { hostname: "127.0.0.1", port, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(new URL(request.url).pathname));
  }

  /** Its address. */
  get address(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Ends it, with all its streams. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #answer(path: string): Response {
    const asset = this.#assets.all.get(path.replace("/assets/", ""));
    if (asset) return file(asset);
    if (!path.startsWith("/v1/")) return file(this.#assets.page);
    const answers: Record<string, () => Response> = {
      "/v1/session": () => Response.json({ right: "changes", by: "ada" }),
      "/v1/dashboard/history": () => Response.json({ queues: histories(this.#view) }),
      "/v1/dashboard/stream": () => this.#stream(),
    };
    const message = "Only the first screen has made-up data";
    return answers[path]?.() ?? Response.json({ error: { message } }, { status: 404 });
  }

  /** One snapshot; a page that waits for the next takes it as live. */
  #stream(): Response {
    const text = `event: snapshot\ndata: ${JSON.stringify(this.#view)}\n\n`;
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }
}

function file({ type, bytes }: { type: string; bytes: Uint8Array<ArrayBuffer> }): Response {
  return new Response(bytes, { headers: { "Content-Type": type } });
}
