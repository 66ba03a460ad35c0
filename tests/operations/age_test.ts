import assert from "node:assert/strict";
import { Arrivals } from "../../lib/operations/age.ts";

/** Numbers from 0 to 1, the same in each run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** A queue with consumers, by the second. Events are the times at which they came. */
class Simulation {
  readonly arrivals = new Arrivals();
  readonly random: () => number;
  queue: number[] = [];
  inFlight: number[] = [];
  process = 1;
  settled = 0;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  arrive(at: number, count: number): void {
    for (let left = count; left > 0; left--) this.queue.push(at);
  }

  /** Settles what runs, and takes the next events. */
  run(count: number): void {
    this.settled += this.inFlight.length;
    this.inFlight = this.queue.splice(0, count);
  }

  /** A process dies: what runs comes back to the head, and another process counts from 0. */
  restart(): void {
    this.queue.unshift(...this.inFlight);
    this.inFlight = [];
    this.process++;
    this.settled = 0;
  }

  look(at: number): void {
    const { settled, inFlight } = this;
    const taken = new Map([[`p${this.process}`, { settled, inFlight: inFlight.length }]]);
    this.arrivals.add({ at: at * 1000, ready: this.queue.length, taken });
  }
}

const SAMPLE = 5;

/** By how many looks the age was wrong, for each look of a day that found events. */
function errorsOfADay(seed: number, restartsPerSecond: number): number[] {
  const simulation = new Simulation(seed);
  const { random } = simulation;
  const errors: number[] = [];
  let isStopped = false;
  let burst = 0;
  for (let at = 0; at < 86_400; at++) {
    if (random() < 0.001) burst = 60 * random();
    simulation.arrive(at, Math.floor(random() * 3) + (burst-- > 0 ? 10 : 0));
    if (random() < 0.001) isStopped = !isStopped;
    if (random() < restartsPerSecond) simulation.restart();
    if (!isStopped) simulation.run(4);
    if (at % SAMPLE !== 0) continue;
    simulation.look(at);
    const age = simulation.arrivals.oldest();
    const [head] = simulation.queue;
    assert.equal(age === null, head === undefined, `at ${at}`);
    if (age === null || head === undefined) continue;
    // Of looks over an hour ago one a minute is kept.
    const precision = at - head > 3600 ? 60 : SAMPLE;
    const error = age.seconds - (at - head);
    errors.push(age.isAtLeast ? Math.max(0, error / precision) : Math.abs(error) / precision);
  }
  assert(errors.length > 1000, `only ${errors.length} looks found events`);
  return errors;
}

for (const seed of [1, 2, 3]) {
  Deno.test(`a day of bursts and outages: the age is right within two looks (${seed})`, () => {
    assert(Math.max(...errorsOfADay(seed, 0)) <= 2);
  });

  Deno.test(`a process that dies costs little precision until the queue is empty (${seed})`, () => {
    const errors = errorsOfADay(seed, 0.0005);
    assert(errors.filter((error) => error <= 2).length >= 0.99 * errors.length);
    assert(Math.max(...errors) <= 4);
  });
}

Deno.test("a queue that held events before the first look has an age of at least that", () => {
  const arrivals = new Arrivals();
  arrivals.add({ at: 0, ready: 20, taken: new Map() });
  arrivals.add({ at: 60_000, ready: 25, taken: new Map() });
  assert.deepEqual(arrivals.oldest(), { seconds: 60, isAtLeast: true });
});

Deno.test("a queue that nobody consumes has an age, and an empty one has none", () => {
  const arrivals = new Arrivals();
  arrivals.add({ at: 0, ready: 0, taken: new Map() });
  assert.equal(arrivals.oldest(), null);
  arrivals.add({ at: 10_000, ready: 1, taken: new Map() });
  arrivals.add({ at: 30_000, ready: 4, taken: new Map() });
  assert.deepEqual(arrivals.oldest(), { seconds: 20, isAtLeast: false });
});

Deno.test("events that are purged count as gone, and the next is new", () => {
  const arrivals = new Arrivals();
  arrivals.add({ at: 0, ready: 0, taken: new Map() });
  arrivals.add({ at: 10_000, ready: 50, taken: new Map() });
  arrivals.add({ at: 20_000, ready: 0, taken: new Map() });
  assert.equal(arrivals.oldest(), null);
  arrivals.add({ at: 30_000, ready: 1, taken: new Map() });
  assert.deepEqual(arrivals.oldest(), { seconds: 0, isAtLeast: false });
});

Deno.test("what is forgotten is counted from the next look on", () => {
  const arrivals = new Arrivals();
  arrivals.add({ at: 0, ready: 5, taken: new Map([["p1", { settled: 3, inFlight: 0 }]]) });
  arrivals.forget();
  assert.equal(arrivals.oldest(), null);
  arrivals.add({ at: 10_000, ready: 5, taken: new Map([["p2", { settled: 0, inFlight: 0 }]]) });
  assert.deepEqual(arrivals.oldest(), { seconds: 0, isAtLeast: true });
});
