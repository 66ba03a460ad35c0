import assert from "node:assert/strict";
import type { FailureNotice } from "../../lib/monitoring/failure_feed.ts";
import { processSource, Streams } from "../../lib/server/stream.ts";
import { FakeControl } from "../fixtures/server/fake_control.ts";

const FAILURE: FailureNotice = {
  queue: "mails",
  id: "an-id",
  at: "2026-01-01T10:00:00.000Z",
  outcome: "failed",
  reason: "error",
  attempt: 3,
  fingerprint: "f3a91c02",
  name: "TypeError",
  message: "user ada is unknown",
};

/** Reads the events of a stream one by one. */
class EventReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor({ body }: Response) {
    if (!body) throw new Error("There is no body");
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next event with this name. */
  async next(wanted: string): Promise<unknown> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end === -1) {
        const { value, done } = await this.#reader.read();
        if (done) return undefined;
        this.#text += value;
        continue;
      }
      const [, name, data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(this.#text.slice(0, end)) ?? [];
      this.#text = this.#text.slice(end + 2);
      if (name === wanted) return JSON.parse(data);
    }
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

Deno.test("a stream begins with a snapshot, and goes on with further ones and with failures", async () => {
  const control = new FakeControl();
  const streams = new Streams({ source: processSource(control), everyMs: 5 });
  const response = streams.open(true);
  assert.equal(response.headers.get("Content-Type"), "text/event-stream");
  const reader = new EventReader(response);
  assert.match(JSON.stringify(await reader.next("snapshot")), /ada is unknown/);
  control.fail(FAILURE);
  assert.deepEqual(await reader.next("failure"), FAILURE);
  await reader.next("snapshot");
  assert(control.snapshots >= 2);
  await reader.cancel();
  assert.equal(streams.count, 0);
  assert.equal(control.listeners.size, 0, "nothing goes on without a reader");
});

Deno.test("whoever may not see errors gets neither failures nor errors", async () => {
  const control = new FakeControl();
  const streams = new Streams({ source: processSource(control), everyMs: 5 });
  const reader = new EventReader(streams.open(false));
  control.fail(FAILURE);
  const [first, second] = [await reader.next("snapshot"), await reader.next("snapshot")];
  assert(!JSON.stringify([first, second]).includes("unknown"));
  streams.close();
  assert.equal(await reader.next("failure"), undefined);
});

Deno.test("of many failures a stream shows ten a second, and the number of the others", async () => {
  const control = new FakeControl();
  const streams = new Streams({ source: processSource(control) });
  const reader = new EventReader(streams.open(true));
  for (let n = 0; n < 25; n++) control.fail(FAILURE);
  for (let n = 0; n < 10; n++) assert.deepEqual(await reader.next("failure"), FAILURE);
  assert.deepEqual(await reader.next("more"), { count: 15 });
  streams.close();
});

Deno.test("a reader that does not read misses events and costs no memory", () => {
  const control = new FakeControl();
  const streams = new Streams({ source: processSource(control) });
  const { body } = streams.open(true);
  for (let n = 0; n < 1000; n++) control.fail(FAILURE);
  assert.equal(streams.count, 1);
  assert(body);
  streams.close();
});

Deno.test("a stream beyond the most is refused with what to do instead", () => {
  const streams = new Streams({ source: processSource(new FakeControl()), most: 1 });
  streams.open(true);
  assert.throws(() => streams.open(true), {
    code: "unavailable",
    message: "There are 1 streams already: close one, or ask /v1/snapshot",
  });
  streams.close();
});
