/**
 * Closing a server.
 *
 * @module
 */

import { within } from "../system/deadline.ts";

/** How long a server may take to answer what was asked before it closes, in ms. */
const CLOSE_MS = 1000;

/** Closes a server, once it has answered what was asked, or after a second. Never rejects. */
export async function closeServer(server: Pick<Deno.HttpServer, "shutdown">): Promise<void> {
  await within(CLOSE_MS, server.shutdown().catch(() => {}));
}
