import assert from "node:assert/strict";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import { type Drained, Ends } from "../../lib/modes/run/ends.ts";

/** The longest time a timer may have, in ms: longer ones fire at once. */
const MOST_MS = 2 ** 31 - 1;

Deno.test("--max_seconds may be longer than a timer", async () => {
  const { setTimeout } = globalThis;
  const waits: number[] = [];
  globalThis.setTimeout = ((fire: () => void, ms: number) => {
    waits.push(ms);
    return setTimeout(fire, 0);
  }) as typeof setTimeout;
  try {
    using ends = new Ends();
    ends.after(1e9);
    assert.equal(await ends.first, "max-seconds");
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert(waits.every((ms) => ms <= MOST_MS));
  assert.equal(waits.reduce((sum, ms) => sum + ms, 0), 1e12);
});

const FIGURES: readonly [what: string, figures: Drained["figures"], isDrained: boolean][] = [
  ["ends with an empty queue", { inFlight: 0, unstored: 0, isParked: false }, true],
  ["waits for what runs", { inFlight: 2, unstored: 0, isParked: false }, false],
  ["does not wait for a parked queue", { inFlight: 2, unstored: 0, isParked: true }, true],
  [
    "does not wait for copies that are refused",
    { inFlight: 2, unstored: 2, isParked: false },
    true,
  ],
  [
    "waits for what runs beside refused copies",
    { inFlight: 3, unstored: 2, isParked: false },
    false,
  ],
];

for (const [what, figures, isDrained] of FIGURES) {
  Deno.test(`--drain ${what}`, async () => {
    await using broker = new MemoryBroker();
    await broker.declare("q");
    let reads = 0;
    const ends = new Ends();
    const queue = {
      queue: "q",
      get figures() {
        if (++reads === 8) ends.end("stop");
        return figures;
      },
    };
    const checking = ends.whenEmpty(broker, () => [queue]);
    assert.equal(await ends.first, isDrained ? "drained" : "stop");
    ends[Symbol.dispose]();
    await checking;
  });
}

Deno.test("--drain does not wait for the events of a queue that is paused", async () => {
  await using broker = new MemoryBroker();
  await broker.declare("q");
  await broker.publish("q", "{}");
  const ends = new Ends();
  const figures = { inFlight: 0, unstored: 0, isParked: false };
  const checking = ends.whenEmpty(broker, () => [{ queue: "q", figures, paused: {} }]);
  assert.equal(await ends.first, "drained");
  ends[Symbol.dispose]();
  await checking;
});
