import assert from "node:assert/strict";
import fc from "fast-check";
import type { Clients } from "../../../lib/domain/realtime/audience.ts";
import type { EventClient } from "../../../lib/domain/realtime/client.ts";
import { ClientQueue } from "../../../lib/domain/realtime/client_queue.ts";
import type { QueuedEvent } from "../../../lib/domain/realtime/event.ts";
import { dispatch } from "../../../lib/domain/realtime/dispatch.ts";
import { notice } from "../../../lib/domain/realtime/notice.ts";
import { asNotified, noticesAtDeath } from "../../../lib/domain/realtime/queue_death.ts";
import { sweep } from "../../../lib/domain/realtime/queue_expiry.ts";
import { eventClient, messageNoticeOf } from "../../fixtures/realtime/clients.ts";

const ME = 5;

function message(id: number, internal_data?: Record<string, unknown>) {
  return {
    type: "message",
    message: { id, sender_id: 9 },
    flags: [],
    ...(internal_data && { internal_data }),
  };
}

function queueOf(...events: ReturnType<typeof message>[]): ClientQueue {
  const queue = new ClientQueue("q");
  for (const event of events) queue.push(event);
  return queue;
}

function noticesOf(...queues: ClientQueue[]): string[] {
  return noticesAtDeath(ME, queues.map((queue) => queue.events()))
    .map(({ id, event }) => `${id} ${event.trigger}`);
}

const MENTION = { mention_push_notify: true, mention_email_notify: true };

Deno.test("a user who left is notified of what no client confirmed, by what was not used before", () => {
  const both = (trigger: string) => [`push:5:77 ${trigger}`, `email:5:77 ${trigger}`];
  const rows: [what: string, data: Record<string, unknown> | undefined, expected: string[]][] = [
    ["nothing", {}, []],
    ["a file without the data", undefined, []],
    ["a mention", MENTION, both("mentioned")],
    ["a push before", { ...MENTION, push_notified: true }, ["email:5:77 mentioned"]],
    ["both before", { ...MENTION, push_notified: true, email_notified: true }, []],
    ["a muted sender", { ...MENTION, sender_is_muted: true }, []],
    ["a silent message", { ...MENTION, disable_external_notifications: true }, []],
    ["a direct message", { dm_push_notify: true }, ["push:5:77 direct_message"]],
    [
      "a direct message of an older file",
      { pm_push_notify: true, pm_email_notify: true },
      both(
        "direct_message",
      ),
    ],
    ["@all of an older file", {
      wildcard_mention_push_notify: true,
      wildcard_mention_email_notify: true,
    }, both("stream_wildcard_mentioned")],
    [
      "the present name is the one that counts",
      { pm_push_notify: true, dm_push_notify: false },
      [],
    ],
    ["a channel", { stream_email_notify: true }, ["email:5:77 stream_email_notify"]],
  ];
  for (const [what, data, expected] of rows) {
    assert.deepEqual(noticesOf(queueOf(message(77, data))), expected, what);
  }
});

Deno.test("a message in several queues is one notice, with the group that it mentions", () => {
  const data = { ...MENTION, mentioned_user_group_id: 3 };
  const one = queueOf(message(77, data), message(78, MENTION));
  const other = queueOf(message(77, { ...data, email_notified: true }));
  assert.deepEqual(noticesOf(one, other), [
    "push:5:77 mentioned",
    "push:5:78 mentioned",
    "email:5:78 mentioned",
  ]);
  assert.deepEqual(noticesOf(other, one), noticesOf(one, other));
  const [push] = noticesAtDeath(ME, [one.events()]);
  assert.equal(push?.event.mentioned_user_group_id, 3);
});

Deno.test("what was confirmed is not judged, and other events are not", () => {
  const queue = queueOf(message(77, MENTION), message(78, MENTION));
  queue.push({ type: "heartbeat" });
  queue.poll(0);
  assert.deepEqual(noticesOf(queue), ["push:5:78 mentioned", "email:5:78 mentioned"]);
});

Deno.test("a queue that lives on remembers what its user was notified of", () => {
  const queue = queueOf(message(77, MENTION), message(78, { ...MENTION, push_notified: true }));
  queue.push({ type: "heartbeat" });
  const notices = noticesAtDeath(ME, [queue.events()]);
  assert.equal(notices.length, 3);
  queue.rewrite(asNotified(notices));
  assert.deepEqual(noticesOf(queue), []);
  queue.push(message(79, MENTION));
  assert.deepEqual(noticesOf(queue), ["push:5:79 mentioned", "email:5:79 mentioned"]);
});

Deno.test("the notices of a full queue are looked through once, not for each event", () => {
  const queue = queueOf(...Array.from({ length: 10_000 }, (_, id) => message(id, MENTION)));
  let reads = 0;
  const notices = noticesAtDeath(ME, [queue.events()]).map((notice) => ({
    ...notice,
    get event() {
      reads++;
      return notice.event;
    },
  }));
  queue.rewrite(asNotified(notices));
  assert.deepEqual(noticesOf(queue), []);
  assert.equal(reads, notices.length);
});

/** A queue of the user, as a server keeps it. */
class Session {
  readonly userId = ME;
  readonly isPolled = false;
  readonly takesMessages = true;
  readonly queue: ClientQueue;
  readonly client: EventClient;
  polledAt = 0;
  isOffline = false;
  readonly confirmed = new Set<number>();
  #last = -1;
  #got: readonly QueuedEvent[] = [];

  constructor(readonly id: string, readonly idleTimeoutSeconds: number) {
    this.queue = new ClientQueue(id);
    this.client = eventClient({ queueId: id });
  }

  /** The client confirms what it has got, or the answer was lost and it asks again. */
  poll(now: number, confirms: boolean): void {
    this.polledAt = now;
    this.isOffline = false;
    if (confirms) {
      for (const { message } of this.#got) this.confirmed.add((message as { id: number }).id);
      this.#last = this.#got.at(-1)?.id ?? this.#last;
    }
    const polled = this.queue.poll(this.#last);
    assert.ok(polled.kind === "events", JSON.stringify(polled));
    this.#got = polled.events;
  }
}

/** The user's sessions, and what the user was notified of. */
class Server {
  now = 0;
  sessions = [new Session("website", 600), new Session("mobile", 43_200)];
  readonly sent: number[] = [];
  readonly notified: string[] = [];
  readonly clients: Clients<EventClient> = {
    ofUser: (user) => user === ME ? this.sessions.map(({ client }) => client) : [],
    ofPublicChannels: () => [],
    isAway: () => !this.sessions.some(({ isOffline }) => !isOffline),
  };

  send(): void {
    const id = this.sent.length + 1;
    this.sent.push(id);
    const users = [{ id: ME, flags: ["mentioned"] }];
    const value = notice.parse(messageNoticeOf({ id }, {}, users));
    const { deliveries, notices } = dispatch(value, this.clients);
    for (const { client, event } of deliveries) {
      this.sessions.find(({ id }) => id === client.queueId)?.queue.push(event);
    }
    this.notified.push(...notices.map(({ id }) => id));
  }

  wait(seconds: number): void {
    this.now += seconds * 1000;
    const { expired, offline, away } = sweep(this.sessions, this.now);
    this.sessions = this.sessions.filter((session) => !expired.includes(session));
    for (const session of offline) session.isOffline = true;
    for (const [user, lost] of away) {
      const notices = noticesAtDeath(user, lost.map(({ queue }) => queue.events()));
      for (const { queue } of this.sessions) queue.rewrite(asNotified(notices));
      this.notified.push(...notices.map(({ id }) => id));
    }
  }
}

type Step = "send" | { poll: number; confirms: boolean } | { wait: number };

const STEPS = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.constant("send"),
    fc.record({ poll: fc.constantFrom(0, 1), confirms: fc.boolean() }),
    fc.record({ wait: fc.constantFrom(60, 300, 600, 40_000) }),
  ),
  { maxLength: 60 },
);

Deno.test("whatever a user's clients do, each message is confirmed or notified of, and never twice", () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const server = new Server();
      const all = server.sessions;
      for (const step of steps) {
        if (step === "send") server.send();
        else if ("wait" in step) server.wait(step.wait);
        else {
          const session = all[step.poll];
          if (session && server.sessions.includes(session)) session.poll(server.now, step.confirms);
        }
      }
      server.wait(100_000);
      assert.deepEqual(server.notified, [...new Set(server.notified)]);
      const seen = new Set(all.flatMap(({ confirmed }) => [...confirmed]));
      for (const id of server.sent.filter((id) => !seen.has(id))) {
        assert.ok(server.notified.includes(`push:5:${id}`), `push of ${id}`);
        assert.ok(server.notified.includes(`email:5:${id}`), `mail of ${id}`);
      }
    }),
    { numRuns: 300 },
  );
});
