import assert from "node:assert/strict";
import { z } from "zod";
import { bareName } from "../../../lib/engine/executor/bare_name.ts";

const message = z.looseObject({ id: z.int(), users: z.array(z.object({ name: z.string() })) });
const schema = z.object({
  id: z.int(),
  message: z.discriminatedUnion("type", [
    message.extend({ type: z.literal("stream"), topic: z.string() }),
    message.extend({ type: z.literal("private") }),
  ]),
  context: z.record(z.string(), z.string()),
  more: z.object({ link: z.string() }).nullish(),
}).transform(({ id }) => ({ id }));

const NAMES: readonly [path: readonly PropertyKey[], name: string][] = [
  [[], "event"],
  [["id"], "id"],
  [["ada@example.com"], "event"],
  [["message", "type"], "message.type"],
  [["message", "topic"], "message.topic"],
  [["message", "ada@example.com"], "message"],
  [["message", "users", 3, "name"], "message.users.3.name"],
  [["message", "users", "ada", "name"], "message.users"],
  [["context", "ada@example.com"], "context"],
  [["more", "link"], "more.link"],
  [["toString"], "event"],
];

for (const [path, name] of NAMES) {
  Deno.test(`of the path ${path.map(String).join("/")} the schema declares ${name}`, () => {
    assert.equal(bareName(path, schema), name);
  });
}
