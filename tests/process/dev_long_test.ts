/**
 * `deno task dev` for as many changes as an hour of work makes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DevFixture } from "../fixtures/process/dev.ts";

const RELOADS = 30;
/** The most that the memory of the parent may grow over all reloads, in MB. */
const MOST_GROWTH_MB = 30;

Deno.test(`dev: ${RELOADS} reloads lose no event and leave nothing behind`, async () => {
  await using fixture = await DevFixture.open();
  const changed = `${fixture.folder}/lib/system/version.ts`;
  await Deno.writeTextFile(changed, "\n", { append: true });
  await fixture.untilStarted(2);
  const before = fixture.held;
  const reload = async (number: number) => {
    await Deno.writeTextFile(changed, "\n", { append: true });
    await fixture.untilStarted(2 + number);
  };
  for (let number = 1; number <= RELOADS; number++) {
    // Published while the program is restarted, or just before.
    await Promise.all([reload(number), fixture.publish("first", {})]);
  }
  await fixture.untilLines(RELOADS, /^first 1$/);
  assert.deepEqual(
    new Set(fixture.lines(/^first 1$/).map(({ attempt }) => attempt)),
    new Set([1]),
  );
  const after = fixture.held;
  assert.equal(after.children.length, 1);
  assert.notDeepEqual(after.children, before.children);
  assert(after.files <= before.files + 2, `${before.files} open files became ${after.files}`);
  const grown = after.rssMb - before.rssMb;
  assert(grown < MOST_GROWTH_MB, `it grew by ${grown} MB`);
});
