import assert from "node:assert/strict";
import fc from "fast-check";
import { Breaker, Breakers } from "../../../lib/domain/http/breaker.ts";

/** What happens, s after the start: a call is asked for (and must wait so many s), or ends. */
type Step = readonly [at: number, "ask", waits: number] | readonly [at: number, "ok" | "fail"];

const OPENED: readonly Step[] = [[0, "fail"], [0, "fail"], [0, "fail"], [0, "fail"], [1, "fail"]];

const STORIES: Readonly<Record<string, readonly Step[]>> = {
  "lets calls through while they go well": [[0, "ask", 0], [0, "ok"], [9, "ask", 0]],
  "lets calls through after four failures": [...OPENED.slice(1), [2, "ask", 0]],
  "opens for 5 s after five failures": [...OPENED, [1, "ask", 5], [5.5, "ask", 0.5]],
  "counts failures in a row only": [...OPENED.slice(1), [2, "ok"], [2, "fail"], [2, "ask", 0]],
  "lets one call through after its pause": [...OPENED, [6, "ask", 0], [6, "ask", 5], [7, "ask", 4]],
  "closes when that call goes well": [...OPENED, [6, "ask", 0], [7, "ok"], [7, "ask", 0], [
    7,
    "ask",
    0,
  ]],
  "opens for 10 s when that call fails": [...OPENED, [6, "ask", 0], [7, "fail"], [7, "ask", 10]],
  "needs five failures again once it was closed": [
    ...OPENED,
    ...[[6, "ask", 0], [7, "ok"]] as const,
    ...[[8, "fail"], [8, "fail"], [8, "fail"], [8, "fail"], [8, "ask", 0]] as const,
    ...[[8, "fail"], [8, "ask", 5]] as const,
  ],
  "ignores failures of calls that began before its pause": [...OPENED, [2, "fail"], [2, "ask", 4]],
  "closes when a call that began before its pause goes well": [...OPENED, [2, "ok"], [2, "ask", 0]],
  "lets another call through when the first one never ends": [
    ...OPENED,
    ...[[6, "ask", 0], [10, "ask", 1], [11, "ask", 0], [12, "fail"], [12, "ask", 10]] as const,
  ],
};

for (const [title, steps] of Object.entries(STORIES)) {
  Deno.test(`a breaker ${title}`, () => {
    const breaker = new Breaker();
    for (const [at, what, waits = 0] of steps) {
      if (what === "ok") breaker.succeeded();
      else if (what === "fail") breaker.failed(at * 1000);
      else assert.equal(breaker.mayCall(at * 1000), waits * 1000, `at ${at} s`);
    }
  });
}

Deno.test("the pause of a breaker doubles up to 300 s", () => {
  const breaker = new Breaker();
  let now = 0;
  for (let failure = 0; failure < 5; failure++) breaker.failed(now);
  const pauses = Array.from({ length: 9 }, () => {
    const pause = breaker.mayCall(now);
    now += pause;
    assert.equal(breaker.mayCall(now), 0);
    breaker.failed(now);
    return pause / 1000;
  });
  assert.deepEqual(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300]);
});

const STEP = fc.record({
  ms: fc.nat(400_000),
  what: fc.constantFrom("ask", "ok", "fail"),
});

Deno.test("a breaker never keeps a call for over 300 s, and one success closes it", () => {
  fc.assert(fc.property(fc.array(STEP), (steps) => {
    const breaker = new Breaker();
    let now = 0;
    for (const { ms, what } of steps) {
      now += ms;
      if (what === "ok") breaker.succeeded();
      else if (what === "fail") breaker.failed(now);
      else {
        const wait = breaker.mayCall(now);
        assert(wait >= 0 && wait <= 300_000);
      }
    }
    const wait = breaker.mayCall(now);
    if (wait > 0) assert.equal(breaker.mayCall(now + wait), 0);
    breaker.succeeded();
    assert.equal(breaker.mayCall(now), 0);
    assert.equal(breaker.mayCall(now), 0);
  }));
});

Deno.test("an open breaker lets one call through for each of its pauses", () => {
  fc.assert(fc.property(fc.array(fc.nat(2_000), { maxLength: 200 }), (waits) => {
    const breaker = new Breaker();
    for (let failure = 0; failure < 5; failure++) breaker.failed(0);
    let [now, calls] = [0, 0];
    for (const wait of waits) {
      now += wait;
      if (breaker.mayCall(now) === 0) calls++;
    }
    assert(calls <= now / 5_000);
  }));
});

Deno.test("each service has its breaker, and that asked for longest ago is forgotten", () => {
  const breakers = new Breakers(2);
  const open = (key: string) => {
    for (let failure = 0; failure < 5; failure++) breakers.of(key).failed(0);
  };
  const isOpen = (key: string) => breakers.of(key).mayCall(0) > 0;
  open("a");
  open("b");
  assert.deepEqual([isOpen("b"), isOpen("a")], [true, true]);
  assert.equal(isOpen("c"), false);
  assert.equal(isOpen("a"), true);
  assert.equal(isOpen("b"), false);
});
