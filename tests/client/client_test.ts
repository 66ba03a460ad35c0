/**
 * The client on brokers that a test holds up.
 *
 * @module
 */

import assert from "node:assert/strict";
import { BrokerClient, ClientError } from "../../lib/client/client.ts";
import { Slots } from "../../lib/system/slots.ts";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import { letters, worker } from "../fixtures/greetings.ts";
import { until } from "../fixtures/until.ts";

const GREETINGS = worker(() => {});

/** A broker that confirms an event when the test says so. */
class HeldBroker extends MemoryBroker {
  readonly held: (() => void)[] = [];
  most = 0;

  override async publish(...event: Parameters<MemoryBroker["publish"]>): Promise<void> {
    const confirmed = Promise.withResolvers<void>();
    this.held.push(() => confirmed.resolve());
    this.most = Math.max(this.most, this.held.length);
    await confirmed.promise;
    await super.publish(...event);
  }
}

const LIMITS = { window: 100, declare: false, timeoutSeconds: 30 };

async function withQueue<B extends MemoryBroker>(broker: B): Promise<B> {
  await broker.declare("greetings");
  return broker;
}

async function bodies(broker: MemoryBroker): Promise<string[]> {
  const events = await broker.peek("greetings", 1000);
  return events.map(({ body }) => new TextDecoder().decode(body));
}

Deno.test("publish stores the event with an id, the time and what the options say", async () => {
  const broker = await withQueue(new MemoryBroker());
  await using client = new BrokerClient({ broker, ...LIMITS });
  const before = Date.now();
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const id = await client.publish("greetings", { name: "Ada", big: 9007199254740993n }, {
    id: "welcome-1",
    priority: 3,
    traceparent,
    headers: { tenant: "a" },
  });
  assert.equal(id, "welcome-1");
  assert.match(await client.publish("greetings", {}), /^[0-9a-f-]{36}$/);
  const [first] = await broker.peek("greetings", 1);
  assert.deepEqual(await bodies(broker), ['{"name":"Ada","big":9007199254740993}', "{}"]);
  const { messageId, contentType, priority, headers = {}, timestamp = 0 } = first?.properties ?? {};
  assert.deepEqual([messageId, contentType, priority], ["welcome-1", "application/json", 3]);
  const { timestamp_in_ms: ms, ...rest } = headers;
  assert.deepEqual(rest, { tenant: "a", traceparent });
  assert(Number(ms) >= before && timestamp === Math.floor(Number(ms) / 1000));
});

Deno.test("publish refuses what is not valid, and says why", async () => {
  const broker = await withQueue(new MemoryBroker());
  await using client = new BrokerClient({ broker, ...LIMITS });
  const prefix = "An event for queue greetings cannot be published: ";
  const refused: [Promise<unknown>, string][] = [
    [client.publish("greetings", { at: NaN }), "NaN at $.at is not JSON"],
    [client.publish("greetings", undefined), "a value of type undefined is not JSON"],
    [
      client.publish(GREETINGS, { name: 1 } as never),
      "it does not fit its schema: name: Invalid input: expected string, received number",
    ],
    [
      client.publish("greetings", {}, { traceparent: "1-2-3" }),
      "its traceparent is not of the form 00-<32 hex digits>-<16 hex digits>-<2 hex digits>",
    ],
    [
      client.publish("greetings", {}, { priority: 256 }),
      "its priority is 256; give a whole number from 0 to 255",
    ],
    [
      client.publish("greetings", {}, { delaySeconds: NaN }),
      "delaySeconds is NaN; give seconds from 0",
    ],
    [
      client.publish("greetings", {}, { headers: { "X-PQ-attempts": 1 } }),
      "the header X-PQ-attempts is one that the program sets: leave it out",
    ],
    [
      client.publish("greetings", {}, { id: "" }),
      "its id is 0 bytes long; give it one of 1 to 255 bytes",
    ],
  ];
  for (const [published, message] of refused) {
    await assert.rejects(published, { message: prefix + message });
  }
  assert.deepEqual(await bodies(broker), []);
});

Deno.test("a queue that is not there is an error, unless it is to be declared", async () => {
  const broker = new MemoryBroker();
  const client = new BrokerClient({ broker, ...LIMITS });
  await assert.rejects(client.publish("greetings", {}), {
    name: "ClientError",
    kind: "unroutable",
    message:
      "There is no queue greetings: check its name, start its worker once, or connect with " +
      "`declare: true`",
  });
  await assert.rejects(client.publish("greetings", {}, { delaySeconds: 60 }), {
    kind: "unroutable",
  });
  await new BrokerClient({ broker, ...LIMITS, declare: true }).publish("greetings", {});
  assert.deepEqual(await bodies(broker), ["{}"]);
  await client.close();
});

Deno.test("no more events than the window are published and not confirmed", async () => {
  const broker = await withQueue(new HeldBroker());
  const client = new BrokerClient({ broker, ...LIMITS, window: 3 });
  const published = letters("abcdefg").map((event) => client.publish(GREETINGS, event));
  for (let confirmed = 0; confirmed < 7; confirmed++) {
    await until("an event is published", () => broker.held.length > 0);
    broker.held.shift()?.();
  }
  await Promise.all(published);
  assert.equal(broker.most, 3);
  assert.equal((await bodies(broker)).length, 7);
  await client.close();
});

Deno.test("an event that is never confirmed times out, and makes room for the next", async () => {
  const broker = await withQueue(new HeldBroker());
  const client = new BrokerClient({ broker, ...LIMITS, window: 1, timeoutSeconds: 0.01 });
  const published = [client.publish("greetings", {}), client.publish("greetings", {})];
  const results = await Promise.allSettled(published);
  for (const result of results) {
    assert(result.status === "rejected" && result.reason instanceof ClientError);
    assert.equal(result.reason.kind, "timeout");
    assert.equal(
      result.reason.message,
      "An event for queue greetings was not confirmed within 0.01 s; it may have been stored anyway",
    );
  }
  assert.equal(broker.held.length, 2);
  await client.close();
});

Deno.test("a slot is free again whether its publish succeeds or fails", async () => {
  const slots = new Slots(1);
  await assert.rejects(slots.run(() => Promise.reject(new Error("refused"))), /refused/);
  assert.equal(await slots.run(() => Promise.resolve("free")), "free");
});

Deno.test("publishAll publishes all events, and takes them as there is room", async () => {
  const broker = await withQueue(new HeldBroker());
  const client = new BrokerClient({ broker, ...LIMITS, window: 2 });
  let taken = 0;
  async function* events() {
    for (const event of letters("abcde")) {
      taken++;
      yield await Promise.resolve(event);
    }
  }
  const published = client.publishAll(GREETINGS, events());
  await until("two are published", () => broker.held.length === 2);
  assert.equal(taken, 3);
  for (let confirmed = 0; confirmed < 5; confirmed++) {
    await until("an event is published", () => broker.held.length > 0);
    broker.held.shift()?.();
  }
  assert.equal(await published, 5);
  assert.equal(broker.most, 2);
  await client.close();
});

Deno.test("publishAll says which event failed, and how many were stored", async () => {
  const broker = await withQueue(new MemoryBroker());
  await using client = new BrokerClient({ broker, ...LIMITS, window: 1 });
  const events = [{ name: "a" }, { name: "b" }, { name: 3 }, { name: "d" }] as never[];
  await assert.rejects(client.publishAll(GREETINGS, events), (error) => {
    assert(error instanceof ClientError);
    assert.deepEqual([error.kind, error.index, error.confirmed], ["invalid", 2, 2]);
    assert.equal(
      error.message,
      "Event 3: An event for queue greetings cannot be published: it does not fit its schema: " +
        "name: Invalid input: expected string, received number. 2 of the events were stored",
    );
    return true;
  });
  assert.equal((await bodies(broker)).length, 2);
});

Deno.test("close waits for what is not confirmed, and nothing is published after it", async () => {
  const broker = await withQueue(new HeldBroker());
  const client = new BrokerClient({ broker, ...LIMITS });
  const published = client.publish("greetings", { name: "last" });
  await until("it is published", () => broker.held.length === 1);
  let isClosed = false;
  const closed = client.close().then(() => isClosed = true);
  await assert.rejects(client.publish("greetings", {}), {
    kind: "closed",
    message: "An event for queue greetings cannot be published: the client is closed",
  });
  assert.equal(isClosed, false);
  broker.held[0]?.();
  await Promise.all([published, closed]);
  assert.deepEqual(await bodies(broker), ['{"name":"last"}']);
});
