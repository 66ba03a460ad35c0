import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { HIDE_NOTHING } from "../../../lib/errors/hide.ts";
import { bareError, EventSecrets, lengthOf } from "../../../lib/engine/settle/event_secrets.ts";
import { InvalidEvent } from "../../../lib/engine/settle/invalid_event.ts";
import type { Outcome } from "../../../lib/engine/settle/outcome.ts";

const SECRETS = new EventSecrets(["to", "context.*_url"]);
const BODY =
  '{"to": ["ada@a.org"], "id": 9007199254740993, "context": {"a_url": "http://b/c", "x": 1}}';
const SHOWN = '{"to":"***","id":9007199254740993,"context":{"a_url":"***","x":1}}';

const BODIES: readonly [title: string, body: string | Uint8Array, shown: string][] = [
  ["masked, with each digit of its numbers", BODY, SHOWN],
  ["masked, where it came as bytes", Buffer.from(BODY), SHOWN],
  ["a length, where it is not JSON", "to: ada@a.org", '"[13 bytes]"'],
  ["a length in bytes, where it is not UTF-8", new Uint8Array([0xff, 0x7b]), '"[2 bytes]"'],
  ["a length, where it is a text", '"ada@a.org"', '"[11 bytes]"'],
  ["a length, where it is a list", '["ada@a.org"]', '"[13 bytes]"'],
  ["a length, where it is nested too deep", "[".repeat(100_000), '"[100000 bytes]"'],
];

for (const [title, body, shown] of BODIES) {
  Deno.test(`the body of a worker with secrets is shown as ${title}`, () => {
    assert.equal(SECRETS.shownBody(body, false), shown);
    assert.equal(SECRETS.shownBody(body, true), JSON.stringify(lengthOf(body)));
  });
}

Deno.test("a worker without secrets shows everything as it is", () => {
  const none = new EventSecrets([]);
  const outcome: Outcome = { kind: "discarded", error: { name: "a", message: "ada@a.org" } };
  assert.equal(none.shownBody(BODY, true), BODY);
  assert.equal(none.shownOutcome(outcome, BODY), outcome);
  assert.equal(none.hideOf([{ body: BODY }]), HIDE_NOTHING);
});

Deno.test("an outcome is shown without what is secret in its event", () => {
  const error = { name: "Error", message: "no ada@a.org at http://b/c" };
  const crashed: Outcome = { kind: "crashed", reason: "crashed", attempt: 1, error };
  assert.deepEqual(SECRETS.shownOutcome(crashed, BODY), {
    ...crashed,
    error: { name: "Error", message: "no *** at ***" },
  });
  assert.equal(SECRETS.shownOutcome({ kind: "done" }, BODY).kind, "done");
});

Deno.test("secrets are hidden as the body has them and as the schema makes them", () => {
  const hide = SECRETS.hideOf([{ body: BODY, event: { to: "normalized@a.org" } }, { body: "?" }]);
  assert.equal(hide("ada@a.org, normalized@a.org, 9007199254740993"), "***, ***, 9007199254740993");
});

Deno.test("the error of an invalid event has its length, and nothing else of it", () => {
  const error = new InvalidEvent("ada: unknown", "The body does not fit the worker's schema: to");
  const { message } = bareError(error, "é");
  assert.equal(message, "The body does not fit the worker's schema: to (2 bytes)");
  assert.equal(
    bareError(new InvalidEvent("ada"), "").message,
    "The body is not an event (0 bytes)",
  );
});
