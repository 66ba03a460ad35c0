import assert from "node:assert/strict";
import fc from "fast-check";
import { ClientQueue } from "../../../lib/domain/realtime/client_queue.ts";
import type { QueuedEvent, RealtimeEvent } from "../../../lib/domain/realtime/event.ts";

Deno.test("events have rising ids from 0, and stay until a later poll confirms them", () => {
  const queue = new ClientQueue("q");
  queue.push({ type: "message" });
  queue.push({ type: "heartbeat" });
  assert.deepEqual(idsOf(queue, -1), [0, 1]);
  assert.deepEqual(idsOf(queue, -1), [0, 1]);
  assert.deepEqual(idsOf(queue, 0), [1]);
  assert.deepEqual(idsOf(queue, 1), []);
  assert.equal(queue.push({ type: "message" }), 2);
  assert.deepEqual(idsOf(queue, 1), [2]);
});

Deno.test("an id that was confirmed or never was is an error", () => {
  const queue = new ClientQueue("q");
  for (let i = 0; i < 3; i++) queue.push({ type: "message" });
  idsOf(queue, 1);
  assert.deepEqual(queue.poll(0), {
    kind: "error",
    message: "An event newer than 0 has already been pruned!",
  });
  assert.deepEqual(queue.poll(7), { kind: "error", message: "Event 7 was not in this queue" });
  assert.deepEqual(new ClientQueue("q").poll(0), {
    kind: "error",
    message: "Event 0 was not in this queue",
  });
});

Deno.test("changes of flags are merged until they are read, and take their place by the newest id", () => {
  const queue = new ClientQueue("q");
  queue.push(flags("add", "read", 1));
  queue.push({ type: "message" });
  queue.push(flags("add", "read", 2, 3));
  queue.push(flags("add", "starred", 9));
  assert.equal(queue.size, 3);
  assert.deepEqual(read(queue), ["message 1", "add read 1,2,3 2", "add starred 9 3"]);
  queue.push(flags("add", "read", 4));
  assert.deepEqual(read(queue).slice(-1), ["add read 4 4"]);
});

Deno.test("changes of one flag keep their order", () => {
  const rows: [pushed: RealtimeEvent[], read: string[]][] = [
    [
      [flags("add", "read", 1), flags("remove", "read", 1), flags("add", "read", 2)],
      ["add read 1 0", "remove read 1 1", "add read 2 2"],
    ],
    [
      [flags("add", "starred", 1), flags("remove", "starred", 1), flags("add", "starred", 1)],
      ["add starred 1 0", "remove starred 1 1", "add starred 1 2"],
    ],
    [
      [flags("add", "read", 1), { ...flags("add", "read"), all: true }, flags("add", "read", 2)],
      ["add read 1 0", "add read  1", "add read 2 2"],
    ],
    [
      [flags("add", "read", 1), flags("remove", "starred", 1), flags("add", "read", 2)],
      ["remove starred 1 1", "add read 1,2 2"],
    ],
  ];
  for (const [pushed, expected] of rows) {
    const queue = new ClientQueue("q");
    for (const event of pushed) queue.push(event);
    assert.deepEqual(read(queue), expected);
  }
});

Deno.test("a queue that was written and read again goes on, also one of an older form", () => {
  const queue = new ClientQueue("q");
  for (let i = 0; i < 3; i++) queue.push({ type: "message" });
  queue.push(flags("add", "read", 1));
  idsOf(queue, 0);
  queue.push(flags("add", "read", 2));
  const again = ClientQueue.load(JSON.parse(JSON.stringify(queue.dump())));
  again.push({ type: "heartbeat" });
  assert.equal(again.poll(-1).kind, "error");
  assert.deepEqual(idsOf(again, 0), [1, 2, 3, 4, 5]);
  const old = ClientQueue.load({ id: "q", next_event_id: 4, queue: [{ type: "message", id: 3 }] });
  assert.deepEqual(idsOf(old, -1), [3]);
});

Deno.test("what an event knows for the server stays in the queue, and may change there", () => {
  const queue = new ClientQueue("q");
  queue.push({ type: "message", internal_data: { push_notified: true } });
  const stays = { type: "message", id: 0, internal_data: { push_notified: true } };
  assert.deepEqual(queue.poll(-1), { kind: "events", events: [{ type: "message", id: 0 }] });
  assert.deepEqual(queue.events(), [stays]);
  queue.rewrite((event) => ({ ...event, internal_data: { email_notified: true } }));
  const changed = [{ ...stays, internal_data: { email_notified: true } }];
  assert.deepEqual(queue.events(), changed);
  assert.deepEqual(ClientQueue.load(JSON.parse(JSON.stringify(queue.dump()))).events(), changed);
});

type Step = { push: RealtimeEvent } | { poll: "last" | "again" } | { load: true };

const MESSAGE_IDS = fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
const STEPS = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ push: fc.constant({ type: "message" }) }),
    fc.record({
      push: fc.tuple(
        fc.constantFrom("add", "remove"),
        fc.constantFrom("read", "starred"),
        MESSAGE_IDS,
      )
        .map(([op, flag, ids]) => flags(op, flag, ...ids)),
    }),
    fc.record({ poll: fc.constantFrom<("last" | "again")[]>("last", "again") }),
    fc.constant<Step>({ load: true }),
  ),
  { maxLength: 60 },
);

Deno.test("whatever the order of events and polls, a client gets each once, by rising ids, and the flags are right", () => {
  fc.assert(fc.property(STEPS, (steps) => {
    let queue = new ClientQueue("q");
    const got: QueuedEvent[] = [];
    const pushed: QueuedEvent[] = [];
    for (const step of steps) {
      if ("push" in step) pushed.push({ ...step.push, id: queue.push(step.push) });
      else if ("load" in step) queue = ClientQueue.load(JSON.parse(JSON.stringify(queue.dump())));
      else take(queue, got, step.poll === "again");
    }
    take(queue, got, false);
    const ids = got.map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)].sort((one, other) => one - other));
    const others = (events: QueuedEvent[]) => events.filter(({ type }) => type === "message");
    assert.deepEqual(others(got), others(pushed));
    assert.deepEqual(flagsAfter(got), flagsAfter(pushed));
  }));
});

/** What a client does: it keeps what it has not seen. Sometimes an answer is lost, and it asks again. */
function take(queue: ClientQueue, got: QueuedEvent[], isAnswerLost: boolean): void {
  const polled = queue.poll(got.at(-1)?.id ?? -1);
  assert.ok(polled.kind === "events");
  if (!isAnswerLost) got.push(...polled.events);
}

/** The flags of each message after all events. */
function flagsAfter(events: readonly QueuedEvent[]): Record<string, boolean> {
  const state: Record<string, boolean> = {};
  for (const { type, operation, flag, messages } of events) {
    if (type !== "update_message_flags") continue;
    for (const id of messages as number[]) state[`${flag} ${id}`] = operation === "add";
  }
  return state;
}

function flags(op: string, flag: string, ...messages: number[]): RealtimeEvent {
  return { type: "update_message_flags", op, operation: op, flag, messages, all: false };
}

function idsOf(queue: ClientQueue, lastId: number): number[] {
  const polled = queue.poll(lastId);
  assert.ok(polled.kind === "events", JSON.stringify(polled));
  return polled.events.map(({ id }) => id);
}

function read(queue: ClientQueue): string[] {
  return queue.events().map(({ type, operation, flag, messages, id }) =>
    type === "update_message_flags" ? `${operation} ${flag} ${messages} ${id}` : `${type} ${id}`
  );
}
