import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { notice } from "../../../lib/domain/realtime/notice.ts";
import { EventQueues, MOST_QUEUES } from "../../../lib/server/realtime/event_queues.ts";
import { MOST_QUEUED, type Session } from "../../../lib/server/realtime/session.ts";
import { eventClient, messageNoticeOf } from "../../fixtures/realtime/clients.ts";

const ME = 5;
const HOUR_MS = 3_600_000;
const AUTHOR = { id: 9, flags: ["read"] };
const NEVER = new AbortController().signal;

/** Queues with a clock, and what they published. */
class Bench {
  now = 1_700_000_000_000;
  heartbeatMs = HOUR_MS;
  readonly published: string[] = [];
  /** What publishing does first. */
  onPublish: () => Promise<void> = () => Promise.resolve();
  readonly queues = new EventQueues({
    now: () => this.now,
    heartbeatMs: () => this.heartbeatMs,
    publish: async (notices) => {
      await this.onPublish();
      this.published.push(...notices.map(({ id }) => id));
    },
  });

  register(userId = ME, more: Parameters<typeof eventClient>[0] = {}, seconds = 600): Session {
    const { queueId: _, ...client } = eventClient({ userId, ...more });
    const session = this.queues.register(client, seconds);
    assert(session);
    this.queues.settle(session);
    return session;
  }

  /** A message that mentions a user. */
  async message(id: number, userId = ME): Promise<void> {
    const users = [AUTHOR, { id: userId, flags: ["mentioned"] }];
    await this.queues.apply(notice.parse(messageNoticeOf({ id }, {}, users)));
  }

  async wait(seconds: number): Promise<void> {
    this.now += seconds * 1000;
    await this.queues.sweep(NEVER);
  }

  /** The messages in a queue, confirmed up to an event. */
  messages(session: Session, lastId = -1): unknown[] {
    const polled = this.queues.poll(session.userId, session.id, lastId, false);
    assert(polled.kind === "events", JSON.stringify(polled));
    return polled.events.map(({ message }) => (message as { id: number } | undefined)?.id);
  }
}

const both = (id: number) => [`push:${ME}:${id}`, `email:${ME}:${id}`];

Deno.test("a notice whose mails cannot be published serves nobody, and all once when it comes again", async () => {
  const bench = new Bench();
  const offline = bench.register(ME, {}, HOUR_MS / 1000);
  const online = bench.register(9);
  bench.now += 700_000;
  bench.queues.poll(9, online.id, -1, false);
  await bench.wait(0);
  assert.equal(offline.isOffline, true);
  bench.onPublish = () => Promise.reject(new Error("no broker"));
  for (let n = 0; n < 3; n++) await assert.rejects(bench.message(77), /no broker/);
  assert.deepEqual([offline.queue.size, online.queue.size], [0, 0]);
  bench.onPublish = () => Promise.resolve();
  await bench.message(77);
  assert.deepEqual(bench.published, both(77));
  assert.deepEqual([bench.messages(offline), bench.messages(online)], [[77], [77]]);
});

Deno.test("a user who leaves while a notice is published is notified, and one who comes gets it too", async () => {
  const bench = new Bench();
  const mine = bench.register(ME);
  bench.onPublish = async () => {
    bench.onPublish = () => Promise.resolve();
    await bench.queues.remove(ME, mine.id);
    bench.register(6);
  };
  const users = [AUTHOR, { id: ME, flags: ["mentioned"] }, { id: 6, flags: ["mentioned"] }];
  await bench.queues.apply(notice.parse(messageNoticeOf({ id: 79 }, {}, users)));
  assert.deepEqual(bench.published, ["push:6:79", "email:6:79", ...both(79)]);
  const [six] = bench.queues.sessions.of(6);
  assert(six);
  assert.deepEqual(bench.messages(six), [79]);
  await bench.wait(HOUR_MS);
  assert.equal(bench.published.length, 4);
});

Deno.test("a client that deletes the last queue of a user leaves its messages to mails, once", async () => {
  const bench = new Bench();
  const [one, other] = [bench.register(), bench.register()];
  await bench.message(77);
  assert.equal(await bench.queues.remove(ME, one.id), true);
  assert.deepEqual(bench.published, []);
  await Promise.all([bench.queues.remove(ME, other.id), bench.wait(700)]);
  assert.deepEqual([...new Set(bench.published)], both(77));
  assert.equal(await bench.queues.remove(ME, other.id), false);
});

Deno.test("only the last queue of a user leads to mails, once, also for queues that end together", async () => {
  const bench = new Bench();
  const [one, other] = [bench.register(), bench.register()];
  await bench.message(77);
  bench.now += 500_000;
  assert.deepEqual(bench.messages(one, -1), [77]);
  await bench.wait(200);
  assert.deepEqual([other.isOffline, bench.published], [true, []]);
  await bench.wait(500);
  assert.deepEqual(bench.published, both(77));
  assert.equal(bench.queues.sessions.size, 0);
  bench.register();
  bench.register();
  await bench.message(78);
  await bench.wait(700);
  assert.deepEqual(bench.published.slice(2), both(78));
});

Deno.test("a sweep that cannot publish removes nothing, and the next one goes on", async () => {
  const bench = new Bench();
  bench.register();
  await bench.message(77);
  bench.onPublish = () => Promise.reject(new Error("no broker"));
  await assert.rejects(bench.wait(700), /no broker/);
  assert.equal(bench.queues.sessions.size, 1);
  bench.onPublish = () => Promise.resolve();
  await bench.wait(0);
  assert.deepEqual(bench.published, both(77));
  assert.equal(bench.queues.sessions.size, 0);
});

Deno.test("queues of a killed server are not polled; their messages are mailed unless the user comes back", async () => {
  const before = new Bench();
  for (const user of [ME, 6]) before.register(user);
  await before.message(77);
  await before.message(77, 6);
  const kept = [...before.queues.sessions.all()].map((session) => session.kept());
  const bench = new Bench();
  bench.queues.load(kept, true);
  const [lost] = bench.queues.sessions.of(ME);
  assert(lost);
  assert.equal(bench.queues.poll(ME, lost.id, -1, false).kind, "unknown");
  await bench.message(78);
  assert.deepEqual(bench.published, []);
  const restarted = new Bench();
  restarted.queues.load([...bench.queues.sessions.all()].map((session) => session.kept()), false);
  assert.equal(restarted.queues.poll(ME, lost.id, -1, false).kind, "unknown");
  const back = bench.register(6);
  assert.deepEqual([...bench.queues.sessions.of(6)], [back]);
  await bench.wait(700);
  assert.deepEqual(bench.published, [...both(77), ...both(78)]);
  assert.equal(bench.queues.sessions.of(ME).size, 0);
});

Deno.test("a user has so many queues, and those of a killed server do not count", () => {
  const bench = new Bench();
  const { queueId: _, ...client } = eventClient({ userId: ME, eventTypes: ["typing"] });
  for (let n = 0; n < MOST_QUEUES; n++) assert(bench.queues.register(client, 600));
  assert.equal(bench.queues.register(client, 600), undefined);
  for (const session of bench.queues.sessions.of(ME)) session.lose();
  assert(bench.queues.register(client, 600));
});

Deno.test("a client that confirms nothing loses its queue, and its messages are mailed", async () => {
  const bench = new Bench();
  const session = bench.register();
  await bench.message(77);
  const event = { type: "typing", op: "start" };
  for (let n = 0; n <= MOST_QUEUED; n++) {
    await bench.queues.apply(notice.parse({ event, users: [ME] }));
  }
  assert.equal(session.queue.size, MOST_QUEUED + 1);
  assert.equal(bench.queues.poll(ME, session.id, -1, false).kind, "unknown");
  await bench.wait(700);
  assert.deepEqual(bench.published, both(77));
});

Deno.test("a heartbeat ends a poll that waits, with an id, and the next poll confirms it", async () => {
  const bench = new Bench();
  bench.heartbeatMs = 1;
  const session = bench.register();
  const polling = bench.queues.poll(ME, session.id, -1, true);
  assert(polling.kind === "waiting");
  assert.deepEqual(await polling.waiting.events, [{ type: "heartbeat", id: 0 }]);
  assert.equal(session.isPolled, false);
  assert.deepEqual(bench.messages(session, 0), []);
});

Deno.test("1,000 polls that wait get an event each, and the next ones wait for another", async () => {
  const bench = new Bench();
  const sessions = Array.from({ length: 1000 }, (_, user) => bench.register(user));
  const waits = (lastId: number) =>
    sessions.map(({ id, userId }) => {
      const polling = bench.queues.poll(userId, id, lastId, true);
      assert(polling.kind === "waiting");
      return polling.waiting;
    });
  const first = waits(-1);
  const users = sessions.map(({ userId }) => userId);
  await bench.queues.apply(notice.parse({ event: { type: "invites_changed" }, users }));
  const answers = await Promise.all(first.map(({ events }) => events));
  assert.deepEqual(
    new Set(answers.map((events) => events.map(({ id }) => id).join())),
    new Set(["0"]),
  );
  for (const waiting of waits(0)) waiting.cancel();
  assert(sessions.every(({ isPolled, queue }) => !isPolled && queue.size === 0));
});

Deno.test("a queue is removed by its owner's cleanup notice alone", async () => {
  const bench = new Bench();
  const session = bench.register();
  const event = { type: "cleanup_queue", queue_id: session.id };
  await bench.queues.apply(notice.parse({ event, users: [9] }));
  assert.equal(bench.queues.sessions.size, 1);
  await bench.queues.apply(notice.parse({ event, users: [ME] }));
  assert.equal(bench.queues.sessions.size, 0);
});

Deno.test("10,000 queues are swept in pieces: other work has its turn many times", async () => {
  const bench = new Bench();
  for (let user = 0; user < 10_000; user++) {
    bench.register(user, {}, user % 2 === 0 ? 600 : 100_000);
  }
  bench.now += 700_000;
  let turns = 0;
  let isOver = false;
  const swept = bench.queues.sweep(NEVER).finally(() => isOver = true);
  while (!isOver) {
    await setImmediate();
    turns++;
  }
  assert.deepEqual(await swept, { removed: 5000, users: 5000 });
  assert(turns >= 50, `${turns} turns`);
  assert.equal(bench.queues.sessions.size, 5000);
});
