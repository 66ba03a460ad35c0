import assert from "node:assert/strict";
import fc from "fast-check";
import { AckCoalescer } from "../../../../lib/engine/broker/rabbitmq/acks.ts";

/** Answers as RabbitMQ does: an acknowledgement of an unknown tag closes the channel (406). */
class Channel {
  readonly unacknowledged = new Set<number>();
  /** The tags that may be acknowledged. */
  readonly settled = new Set<number>();
  readonly frames: [tag: number, multiple: boolean][] = [];
  #lastTag = 0;

  deliver(): number {
    this.unacknowledged.add(++this.#lastTag);
    return this.#lastTag;
  }

  ack(tag: number, multiple: boolean): void {
    this.frames.push([tag, multiple]);
    assert(this.unacknowledged.has(tag), `406 PRECONDITION_FAILED - unknown delivery tag ${tag}`);
    const covered = [...this.unacknowledged].filter((one) => multiple ? one <= tag : one === tag);
    for (const one of covered) {
      assert(this.settled.has(one), `${one} was acknowledged and is not settled`);
      this.unacknowledged.delete(one);
    }
  }

  nack(tag: number): void {
    assert(
      this.unacknowledged.delete(tag),
      `406 PRECONDITION_FAILED - unknown delivery tag ${tag}`,
    );
  }
}

/** A channel with a coalescer whose deferred flushes run when the test says so. */
function setUp(prefetch: number) {
  const channel = new Channel();
  const deferred: (() => void)[] = [];
  const later: (() => void)[] = [];
  const acks = new AckCoalescer(
    channel,
    (flush) => void deferred.push(flush),
    (flush) => void later.push(flush),
  );
  acks.expect(prefetch);
  return {
    channel,
    acks,
    deferred,
    later,
    deliver: (count: number) => {
      for (let i = 0; i < count; i++) channel.deliver();
    },
    settle: (...tags: number[]) => {
      for (const tag of tags) {
        channel.settled.add(tag);
        acks.settled(tag);
      }
    },
    release: (tag: number) => {
      channel.nack(tag);
      acks.answered(tag);
    },
    turn: () => deferred.splice(0).forEach((flush) => flush()),
  };
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

const GATHERED: readonly [prefetch: number, most: number][] = [
  [1, 1],
  [2, 1],
  [3, 1],
  [10, 5],
  [100, 50],
  [500, 100],
  [5000, 100],
];

for (const [prefetch, most] of GATHERED) {
  Deno.test(`AckCoalescer acknowledges ${most} at once with a prefetch of ${prefetch}`, () => {
    const { channel, deliver, settle } = setUp(prefetch);
    deliver(2 * most);
    settle(...range(1, 2 * most));
    assert.deepEqual(channel.frames, [[most, most > 1], [2 * most, most > 1]]);
  });
}

Deno.test("AckCoalescer acknowledges the settled tags once, at the end of the turn", () => {
  const { channel, deferred, deliver, settle, turn } = setUp(100);
  deliver(3);
  settle(1, 2, 3);
  assert.deepEqual(channel.frames, []);
  assert.equal(deferred.length, 1);
  turn();
  assert.deepEqual(channel.frames, [[3, true]]);
});

Deno.test("AckCoalescer asks for one deferred flush at a time", () => {
  const { channel, deferred, deliver, settle, turn } = setUp(4);
  deliver(9);
  settle(...range(1, 9));
  assert.equal(deferred.length, 1);
  turn();
  assert.deepEqual(channel.frames.at(-1), [9, false]);
  deliver(1);
  settle(10);
  assert.equal(deferred.length, 1);
});

Deno.test("AckCoalescer acknowledges a single one without multiple", () => {
  const { channel, deliver, settle, turn } = setUp(100);
  deliver(2);
  settle(1);
  turn();
  assert.deepEqual(channel.frames, [[1, false]]);
});

Deno.test("AckCoalescer waits for a slow event while few have gathered behind it", () => {
  const { channel, deliver, settle, turn } = setUp(10);
  deliver(5);
  settle(2, 3, 4, 5);
  turn();
  assert.deepEqual(channel.frames, []);
  settle(1);
  assert.deepEqual(channel.frames, [[5, true]]);
});

Deno.test("AckCoalescer acknowledges what waits behind a slow event one by one, after a while", () => {
  const { channel, later, deliver, settle } = setUp(100);
  deliver(9);
  settle(2, 3);
  settle(5);
  assert.deepEqual(channel.frames, []);
  assert.equal(later.length, 1);
  later.shift()?.();
  assert.deepEqual(channel.frames, [[2, false], [3, false], [5, false]]);
  settle(7);
  assert.equal(later.length, 1);
  settle(1);
  later.shift()?.();
  assert.deepEqual(channel.frames.slice(3), [[7, false]]);
});

Deno.test("AckCoalescer does not let a slow event stop the flow", () => {
  const { channel, deliver, settle } = setUp(10);
  deliver(12);
  settle(2, 3, 4, 5, 6);
  assert.deepEqual(channel.frames, range(2, 6).map((tag) => [tag, false]));
  settle(7, 8, 9, 10, 11);
  assert.deepEqual(channel.frames, range(2, 11).map((tag) => [tag, false]));
  settle(1, 12);
  assert.deepEqual(channel.unacknowledged, new Set([1, 12]));
});

Deno.test("AckCoalescer passes over released deliveries", () => {
  const { channel, deliver, settle, release, turn } = setUp(100);
  deliver(4);
  settle(1, 3, 4);
  release(2);
  turn();
  assert.deepEqual(channel.frames, [[4, true]]);
  assert.equal(channel.unacknowledged.size, 0);
});

Deno.test("AckCoalescer acknowledges nothing when all deliveries were released", () => {
  const { channel, deliver, release, turn } = setUp(2);
  deliver(3);
  [3, 1, 2].forEach(release);
  turn();
  assert.deepEqual(channel.frames, []);
});

Deno.test("AckCoalescer acknowledges what is below a hole although more has gathered behind another", () => {
  const { channel, acks, deliver, settle, turn } = setUp(100);
  deliver(30);
  settle(...range(3, 30));
  acks.expect(10);
  settle(1);
  turn();
  assert.deepEqual(channel.unacknowledged, new Set([2]));
});

Deno.test("AckCoalescer keeps its count with thousands of deliveries behind a slow one", () => {
  const { channel, acks, deliver, settle } = setUp(20_000);
  deliver(5000);
  settle(...range(2, 5000).reverse());
  acks.flushAll();
  assert.deepEqual(channel.unacknowledged, new Set([1]));
  settle(1);
  acks.flushAll();
  assert.equal(channel.unacknowledged.size, 0);
});

Deno.test("AckCoalescer does as little behind a hole of a million deliveries as behind a small one", () => {
  const acks = new AckCoalescer({ ack: () => {} }, () => {});
  acks.expect(100);
  let tag = 1;
  const settleMany = (count: number) => {
    const from = performance.now();
    for (let i = 0; i < count; i++) acks.settled(++tag);
    return performance.now() - from;
  };
  const quickest = () => Math.min(...Array.from({ length: 5 }, () => settleMany(10_000)));
  settleMany(10_000);
  const small = quickest();
  settleMany(1_000_000);
  const large = quickest();
  assert(large < 20 * small, `${large} ms, and ${small} ms at first`);
});

type Step =
  | { readonly kind: "deliver"; readonly count: number }
  | { readonly kind: "settle"; readonly pick: number }
  | { readonly kind: "release"; readonly pick: number }
  | { readonly kind: "turn" }
  | { readonly kind: "flush" }
  | { readonly kind: "flushAll" }
  | { readonly kind: "expect"; readonly prefetch: number };

const pick = fc.nat({ max: 1_000_000 });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("deliver"), count: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("settle"), pick }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("release"), pick }) },
  { weight: 4, arbitrary: fc.constant({ kind: "turn" }) },
  { weight: 1, arbitrary: fc.constant({ kind: "flush" }) },
  { weight: 1, arbitrary: fc.constant({ kind: "flushAll" }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("expect"),
      prefetch: fc.integer({ min: 1, max: 300 }),
    }),
  },
) as fc.Arbitrary<Step>;

Deno.test("AckCoalescer acknowledges each settled delivery exactly once, whatever the order", () => {
  const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 300, size: "max" });
  fc.assert(
    fc.property(anySteps, fc.integer({ min: 1, max: 300 }), (steps, prefetch) => {
      const { channel, acks, deliver, settle, release, turn } = setUp(prefetch);
      const open: number[] = [];
      let delivered = 0;
      const take = (at: number) => open.splice(at % open.length, 1)[0] ?? 0;
      for (const step of steps) {
        switch (step.kind) {
          case "deliver":
            deliver(step.count);
            open.push(...range(delivered + 1, delivered += step.count));
            break;
          case "settle":
            if (open.length > 0) settle(take(step.pick));
            break;
          case "release":
            if (open.length > 0) release(take(step.pick));
            break;
          case "expect":
            acks.expect(step.prefetch);
            break;
          case "turn":
            turn();
            break;
          default:
            acks[step.kind]();
        }
      }
      acks.flushAll();
      assert.deepEqual(channel.unacknowledged, new Set(open));
    }),
    { numRuns: 500 },
  );
});

Deno.test("AckCoalescer leaves nothing unacknowledged once all is settled and the turns are over", () => {
  const anyOrder = fc.shuffledSubarray(range(1, 60), { minLength: 60 });
  fc.assert(fc.property(anyOrder, fc.integer({ min: 1, max: 300 }), (order, prefetch) => {
    const { channel, deliver, settle, turn } = setUp(prefetch);
    deliver(60);
    settle(...order);
    turn();
    assert.equal(channel.unacknowledged.size, 0);
  }));
});
