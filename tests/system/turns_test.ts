import assert from "node:assert/strict";
import { type TurnOptions, Turns } from "../../lib/system/turns.ts";
import { until } from "../fixtures/until.ts";

/** Turns whose ends the test decides. */
class TurnsUnderTest {
  /** Who has a turn, or had one. */
  readonly begun: string[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<string>>();
  readonly #turns: Turns<string>;

  constructor(places: number) {
    this.#turns = new Turns(places, (result) => result === "away");
  }

  take(name: string, options: Partial<TurnOptions> = {}): Promise<string> {
    const end = Promise.withResolvers<string>();
    this.#ends.set(name, end);
    const signal = new AbortController().signal;
    return this.#turns.run(() => {
      this.begun.push(name);
      return end.promise;
    }, { key: name, signal, waitMs: 60_000, ...options });
  }

  end(name: string, result = name): void {
    this.#ends.get(name)?.resolve(result);
  }

  fail(name: string): void {
    this.#ends.get(name)?.reject(new Error(`${name} failed`));
  }

  async untilBegun(...names: string[]): Promise<void> {
    await until(`the turns are ${names}`, () => this.begun.join() === names.join());
  }
}

Deno.test("Turns are given in the order in which they are asked for", async () => {
  const turns = new TurnsUnderTest(2);
  const all = ["a", "b", "c", "d"].map((name) => turns.take(name));
  await turns.untilBegun("a", "b");
  turns.end("b");
  await turns.untilBegun("a", "b", "c");
  turns.end("a");
  await turns.untilBegun("a", "b", "c", "d");
  turns.end("c");
  turns.end("d");
  assert.deepEqual(await Promise.all(all), ["a", "b", "c", "d"]);
});

Deno.test("Two of one key have their turns one after another, and hold up no other", async () => {
  const turns = new TurnsUnderTest(2);
  const all = [
    turns.take("a1", { key: "a" }),
    turns.take("a2", { key: "a" }),
    turns.take("b", { key: "b" }),
  ];
  await turns.untilBegun("a1", "b");
  turns.end("b");
  assert.equal(await all[2], "b");
  assert.deepEqual(turns.begun, ["a1", "b"]);
  turns.end("a1");
  await turns.untilBegun("a1", "b", "a2");
  turns.end("a2");
  await Promise.all(all);
});

Deno.test("A turn ends where its call fails", async () => {
  const turns = new TurnsUnderTest(1);
  const [first, second] = [turns.take("a"), turns.take("b")];
  turns.fail("a");
  await assert.rejects(first, /^Error: a failed$/);
  turns.end("b");
  assert.equal(await second, "b");
});

Deno.test("A result that holds for all ends the waits, and the next has a turn again", async () => {
  const turns = new TurnsUnderTest(1);
  const all = [turns.take("a"), turns.take("b"), turns.take("c")];
  turns.end("a", "away");
  assert.deepEqual(await Promise.all(all), ["away", "away", "away"]);
  assert.deepEqual(turns.begun, ["a"]);
  const next = turns.take("d");
  await turns.untilBegun("a", "d");
  turns.end("d");
  assert.equal(await next, "d");
});

Deno.test("a caller that waits too long, or is stopped, gets no turn; others keep theirs", async () => {
  const turns = new TurnsUnderTest(1);
  const stop = new AbortController();
  const first = turns.take("a", { signal: stop.signal, waitMs: 1 });
  const late = turns.take("b", { waitMs: 1 });
  const stopped = turns.take("c", { signal: stop.signal });
  assert.equal(await late, "too late");
  stop.abort();
  assert.equal(await stopped, "stopped");
  assert.equal(await turns.take("d", { signal: stop.signal }), "stopped");
  turns.end("a");
  assert.equal(await first, "a");
  assert.deepEqual(turns.begun, ["a"]);
});
