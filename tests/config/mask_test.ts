/** Addresses are shown without their passwords. */

import assert from "node:assert/strict";
import { maskUrl } from "../../lib/config/mask.ts";

const MASKED: readonly [url: string, masked: string][] = [
  ["amqp://me:secret@rabbit:5672/%2f", "amqp://me:***@rabbit:5672/%2f"],
  ["amqp://me@rabbit/", "amqp://me@rabbit/"],
  ["amqp://:secret@rabbit/", "amqp://:***@rabbit/"],
  ["amqp://me:se/cr#e@t@rabbit/", "amqp://me:***@rabbit/"],
  ["amqp://me:se,cret@a/, amqps://me:secret@b/", "amqp://me:***@a/,amqps://me:***@b/"],
  ["postgres://db/x?user=me&password=secret", "postgres://db/x?user=me&password=***"],
  ["sqlite:./var/a.sqlite", "sqlite:./var/a.sqlite"],
];

for (const [plain, masked] of MASKED) {
  Deno.test(`maskUrl gives ${masked}`, () => assert.equal(maskUrl(plain), masked));
}
