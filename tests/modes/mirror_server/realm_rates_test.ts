import assert from "node:assert/strict";
import { RealmRates } from "../../../lib/modes/mirror_server/realm_rates.ts";

const NOW = 1_800_000_000_000;

Deno.test("RealmRates takes mails up to each limit, and again when the first are old enough", () => {
  const rates = new RealmRates([{ seconds: 60, mails: 2 }, { seconds: 300, mails: 3 }]);
  const cases: readonly (readonly [second: number, hasRoom: boolean])[] = [
    [0, true],
    [0, true],
    [0, false],
    [59, false],
    [60, true],
    [61, false],
    [299, false],
    [300, true],
    [301, true],
    [302, false],
  ];
  for (const [second, hasRoom] of cases) {
    const now = NOW + second * 1000;
    assert.equal(rates.hasRoom(1, 0, now), hasRoom, `${second} s`);
    if (hasRoom) rates.add(1, now);
  }
});

Deno.test("RealmRates counts each realm by itself, and what is about to be added", () => {
  const rates = new RealmRates([{ seconds: 60, mails: 2 }]);
  rates.add(1, NOW);
  rates.add(1, NOW);
  assert.equal(rates.hasRoom(1, 0, NOW), false);
  assert.equal(rates.hasRoom(2, 1, NOW), true);
  assert.equal(rates.hasRoom(2, 2, NOW), false);
});

Deno.test("RealmRates without rules takes every mail", () => {
  const rates = new RealmRates([]);
  for (let n = 0; n < 10; n++) rates.add(1, NOW);
  assert.equal(rates.hasRoom(1, 1000, NOW), true);
});
