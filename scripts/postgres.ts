/**
 * Private PostgreSQL servers on 127.0.0.1, each with its own port and data, for tests and
 * development.
 *
 * As a command it starts one server and ends it on Ctrl-C:
 *
 *     deno task postgres
 *
 * @module
 */

import { parseArgs } from "node:util";
import { startPostgres } from "./postgres/private.ts";
import { signalled } from "./private_server.ts";
import { orUsage } from "./usage.ts";

export { AttachedPostgres, attachPostgres } from "./postgres/attached.ts";
export { type PostgresOptions, PrivatePostgres, startPostgres } from "./postgres/private.ts";
export { postgresInstalled } from "./postgres/programs.ts";

async function main(): Promise<void> {
  orUsage("usage: deno task postgres", () => parseArgs({ options: {} }));
  using ending = signalled();
  await using server = await startPostgres();
  console.log(`DATABASE_URL=${server.url}`);
  console.log(
    `\nA private PostgreSQL server is running; its data are in ${server.folder}.`,
  );
  console.log(`Use it in another terminal:\n\n  psql ${server.url}\n`);
  console.log("Ctrl-C ends it and removes its data.");
  await ending.received;
}

if (import.meta.main) await main();
