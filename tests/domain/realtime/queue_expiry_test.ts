import assert from "node:assert/strict";
import {
  idleTimeoutSeconds,
  sweep,
  type SweptQueue,
  type WantedTimeout,
} from "../../../lib/domain/realtime/queue_expiry.ts";

Deno.test("a client says how long its queue lives", () => {
  const rows: [wanted: WantedTimeout, seconds: number][] = [
    [{}, 600],
    [{ queue_lifespan_secs: 0 }, 600],
    [{ queue_lifespan_secs: 60 }, 60],
    [{ queue_lifespan_secs: 1e9 }, 604_800],
    [{ idle_queue_timeout: "mobile" }, 43_200],
    [{ idle_queue_timeout: 3600, queue_lifespan_secs: 60 }, 3600],
    [{ idle_queue_timeout: 1e9 }, 604_800],
  ];
  for (const [wanted, seconds] of rows) {
    assert.equal(idleTimeoutSeconds(wanted), seconds, JSON.stringify(wanted));
  }
});

const NOW = 10_000_000;

/** A queue of user 1 that nobody has asked for some seconds. */
function idle(seconds: number, more: Partial<SweptQueue> = {}): SweptQueue {
  const [id, userId] = [`idle ${seconds}`, 1];
  const defaults = { isPolled: false, idleTimeoutSeconds: 600, isOffline: false };
  return { id, userId, ...defaults, takesMessages: true, polledAt: NOW - seconds * 1000, ...more };
}

Deno.test("a sweep removes queues idle for too long, and returns the users now away", () => {
  const long = { idleTimeoutSeconds: 43_200 };
  const rows: [
    what: string,
    queues: SweptQueue[],
    end: { expired?: string[]; offline?: string[]; away?: Record<string, string[]> },
  ][] = [
    ["a queue in use", [idle(599)], {}],
    ["a poll that waits", [idle(9999, { isPolled: true })], {}],
    ["an idle queue", [idle(600)], {
      expired: ["idle 600"],
      offline: ["idle 600"],
      away: { 1: ["idle 600"] },
    }],
    ["one that lives longer", [idle(600, long)], {
      offline: ["idle 600"],
      away: { 1: ["idle 600"] },
    }],
    ["the same later", [idle(700, { ...long, isOffline: true })], {}],
    ["its end", [idle(43_200, { ...long, isOffline: true })], { expired: ["idle 43200"] }],
    ["one of two", [idle(600), idle(5)], { expired: ["idle 600"], offline: ["idle 600"] }],
    ["one of two, of which the other takes no messages", [
      idle(600),
      idle(5, { takesMessages: false }),
    ], { expired: ["idle 600"], offline: ["idle 600"], away: { 1: ["idle 600"] } }],
    ["one of two, of which the other is offline", [
      idle(600),
      idle(700, { ...long, isOffline: true }),
    ], { expired: ["idle 600"], offline: ["idle 600"], away: { 1: ["idle 600"] } }],
    ["both at once", [idle(600), idle(601)], {
      expired: ["idle 600", "idle 601"],
      offline: ["idle 600", "idle 601"],
      away: { 1: ["idle 600", "idle 601"] },
    }],
    ["one that takes no messages", [idle(600, { takesMessages: false })], {
      expired: ["idle 600"],
      offline: ["idle 600"],
    }],
    ["of two users", [idle(600), idle(601, { userId: 2 }), idle(1, { userId: 2 })], {
      expired: ["idle 600", "idle 601"],
      offline: ["idle 600", "idle 601"],
      away: { 1: ["idle 600"] },
    }],
    ["a short life", [idle(60, { idleTimeoutSeconds: 60 })], {
      expired: ["idle 60"],
      offline: ["idle 60"],
      away: { 1: ["idle 60"] },
    }],
  ];
  const ids = (queues: readonly SweptQueue[]) => queues.map(({ id }) => id);
  for (const [what, queues, end] of rows) {
    const { expired, offline, away } = sweep(queues, NOW);
    const found = {
      expired: ids(expired),
      offline: ids(offline),
      away: Object.fromEntries([...away].map(([user, queues]) => [user, ids(queues)])),
    };
    assert.deepEqual(found, { expired: [], offline: [], away: {}, ...end }, what);
  }
});
