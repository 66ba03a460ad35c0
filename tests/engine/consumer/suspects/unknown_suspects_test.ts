/** Events that a dead process ran without naming them: which are suspects in the next one. */

import assert from "node:assert/strict";
import { Journal } from "../../../../lib/engine/consumer/suspects/journal.ts";
import { QUEUE } from "../../../fixtures/consumer.ts";
import { fullDisk } from "../../../fixtures/full_disk.ts";
import { journals, stateDir } from "../../../fixtures/journal.ts";

/** How many of `events` redelivered events are suspects. */
const countUnknown = (journal: Journal, events: number): number =>
  Array.from({ length: events }, (_, i) => journal.isUnknownSuspect(`e${i}`)).filter(Boolean)
    .length;

Deno.test("Journal suspects as many as a dead process may have run without naming them", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  dying.runningUnnamed(3);
  dying.leave();
  const next = Journal.open(dir.path, QUEUE);
  assert(next.afterUncleanEnd && next.hasSuspects);
  assert.equal(countUnknown(next, 2), 2);
  assert.deepEqual(["e0", "e1", "e2"].map((key) => next.suspicion(key)), [0, 0, undefined]);
  next.running(["e0"], true);
  next.leave();
  using last = Journal.open(dir.path, QUEUE);
  assert.deepEqual(["e0", "e1", "e2"].map((key) => last.suspicion(key)), [1, 0, undefined]);
  assert.equal(countUnknown(last, 9), 1);
});

Deno.test("Journal adds up what several dead processes may have run without naming it", () => {
  using dir = stateDir();
  const dying = [Journal.open(dir.path, QUEUE), Journal.open(dir.path, QUEUE)];
  for (const journal of dying) journal.runningUnnamed(2);
  for (const journal of dying) journal.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(countUnknown(journal, 9), 4);
});

Deno.test("Journal suspects nobody for what ended, or was named, before its process died", () => {
  using dir = stateDir();
  const dying = [Journal.open(dir.path, QUEUE), Journal.open(dir.path, QUEUE)];
  for (const journal of dying) journal.runningUnnamed(2);
  dying[0]?.idle();
  dying[0]?.sweep();
  dying[1]?.running(["a"], false);
  for (const journal of dying) journal.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(countUnknown(journal, 9), 0);
  assert.equal(journal.suspicion("a"), 0);
});

Deno.test("Journal that is ended leaves what it suspects by name, and no others", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  dying.runningUnnamed(3);
  dying.leave();
  {
    using journal = Journal.open(dir.path, QUEUE);
    assert.equal(countUnknown(journal, 1), 1);
  }
  {
    using journal = Journal.open(dir.path, QUEUE);
    assert.equal(journal.suspicion("e0"), 0);
    assert.equal(countUnknown(journal, 9), 0);
    journal.clear("e0");
  }
  assert.deepEqual(journals(dir.path), []);
});

Deno.test("Journal writes once what goes on without names", () => {
  using dir = stateDir();
  using journal = Journal.open(dir.path, QUEUE);
  const bytes = () => journals(dir.path).map((path) => Deno.statSync(path).size);
  journal.runningUnnamed(3);
  const before = bytes();
  for (let i = 0; i < 10; i++) {
    journal.idle();
    journal.runningUnnamed(3);
    journal.sweep();
  }
  assert.deepEqual(bytes(), before);
});

Deno.test("Journal notes what goes on without names again where it could not", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  {
    using _full = fullDisk();
    assert.throws(() => dying.runningUnnamed(3), /No space left/);
  }
  dying.runningUnnamed(3);
  dying.leave();
  using journal = Journal.open(dir.path, QUEUE);
  assert.equal(countUnknown(journal, 9), 3);
});

Deno.test("Journal waits five minutes for what comes again", () => {
  using dir = stateDir();
  const dying = Journal.open(dir.path, QUEUE);
  dying.runningUnnamed(9);
  dying.leave();
  let now = 0;
  using journal = Journal.open(dir.path, QUEUE, () => {}, () => now);
  now = 1_000_000;
  journal.sweep();
  journal.begin();
  now += 299_000;
  journal.sweep();
  assert.equal(countUnknown(journal, 1), 1);
  now += 2000;
  journal.sweep();
  assert.equal(countUnknown(journal, 9), 0);
});
