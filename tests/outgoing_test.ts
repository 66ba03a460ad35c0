/**
 * The domain and the workers open no connections but by the rooms that check where they lead: mail,
 * the database, and `lib/domain/http`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { outgoing } from "./fixtures/architecture/outgoing.ts";
import { readText, typescriptFiles } from "./fixtures/architecture/repository.ts";

/** Files that may connect, or that use types and functions of such modules without connecting. */
const MAY_CONNECT: readonly RegExp[] = [
  /^lib\/domain\/http\/(exchange|proxy|resolve|target|way)\.ts$/,
  /^lib\/domain\/mail\/encryption\.ts$/,
];

Deno.test("calls of other servers go through lib/domain/http", async () => {
  const files = [...await typescriptFiles("lib/domain"), ...await typescriptFiles("workers")];
  assert(files.length > 50);
  const problems = files.filter((file) => !MAY_CONNECT.some((one) => one.test(file))).flatMap(
    (file) => outgoing(file, readText(file)).map((place) => `${file}:${place}`),
  );
  if (problems.length > 0) {
    assert.fail(
      "call addresses of users by SafeHttp (lib/domain/http/safe_fetch.ts), and services of the " +
        `operator by ServiceHttp (service_fetch.ts):\n${problems.join("\n")}`,
    );
  }
});

const WRONG = [
  'await fetch("http://a");',
  "const call = fetch;",
  "run({ fetch });",
  "globalThis.fetch(url);",
  "new WebSocket(url);",
  "Deno.connect({ port });",
  "Deno.createHttpClient({});",
  'import http from "node:http";',
  'import { request } from "node:https";',
  'import { connect, type Socket } from "node:net";',
  'import * as tls from "tls";',
  'import "node:http2";',
  'export { lookup } from "node:dns";',
  'const net = await import("node:net");',
];

for (const text of WRONG) {
  Deno.test(`a connection is found: ${text}`, () => {
    assert.equal(outgoing("a.ts", text).length, 1);
  });
}

Deno.test("what only has the name of a connection is not found", () => {
  const right = `// fetch("x")
import type { Socket } from "node:net";
import { type Server } from "node:http";
interface Client { fetch(url: string): void; readonly socket: WebSocket }
class Http { async fetch(url: string) { await this.http.fetch(url, "fetch("); } }
const prefetch = { fetch: 1 };
Deno.connects();
`;
  assert.deepEqual(outgoing("a.ts", right), []);
});
