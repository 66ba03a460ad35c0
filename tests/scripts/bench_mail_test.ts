/**
 * The pure parts of the benchmark of mails.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  isFastEnough,
  mailRate,
  type MailRounds,
  mailRows,
} from "../../scripts/bench/mail_rates.ts";
import type { Mark } from "../../scripts/bench/marks.ts";
import { parseOptions } from "../../scripts/bench/options.ts";

Deno.test("the rate of mails counts from the last mail of the warm-up to the last of all", () => {
  const rate = mailRate([0, 5000, 5100, 5200, 5400], 2, {
    from: mark({ count: 2, cpuMicros: 1000 }),
    to: mark({ count: 5, cpuMicros: 4000 }),
  });
  assert.deepEqual(rate, { perSecond: 7.5, cpuMicros: 1000 });
});

Deno.test("the worker of mails is compared with the bare loop within each round", () => {
  assert.deepEqual(mailRows("sqlite", roundsOf({ inline: [80, 700], thread: [50, 650] })), [
    "mail sqlite bare                    550 mails/s   1000 µs CPU/mail",
    "mail sqlite inline                  390 mails/s   1000 µs CPU/mail" +
    "  0.75 of bare (0.70-0.80, at least 0.7)",
    "mail sqlite thread                  350 mails/s   1000 µs CPU/mail" +
    "  0.57 of bare (0.50-0.65, at least 0.7) OUT OF BOUNDS",
    "mail sqlite thread, 4 at once      1050 mails/s   1000 µs CPU/mail" +
    "  1.50 of bare (1.00-2.00)",
  ]);
});

Deno.test("the worker of mails must be fast enough in the main thread and in its own", () => {
  const table: [inline: number[], thread: number[], isGood: boolean][] = [
    [[80, 700], [70, 700], true],
    [[60, 700], [70, 700], false],
    [[80, 700], [60, 600], false],
    [[], [], false],
  ];
  for (const [inline, thread, isGood] of table) {
    assert.equal(isFastEnough(roundsOf({ inline, thread })), isGood, `${inline} ${thread}`);
  }
});

Deno.test("the benchmark of mails has options of its own", () => {
  const { alone, events } = parseOptions(["mail"], "/");
  assert.deepEqual([alone, events], ["mail", 1000]);
  assert.equal(parseOptions(["mail", "--events", "7"], "/").events, 7);
  assert.equal(parseOptions([], "/").alone, undefined);
  assert.throws(
    () => parseOptions(["novel"], "/"),
    /novel is unknown: there are mail, push, outgoing, failed, events, idle, growth/,
  );
  assert.throws(() => parseOptions(["mail", "novel"], "/"), /novel is unknown/);
  assert.throws(
    () => parseOptions(["mail", "--against", "."], "/"),
    /mail cannot be used with --against/,
  );
});

/** Two rounds, in which the bare loop sends 100 and 1000 mails in a second. */
function roundsOf(
  { inline, thread }: { readonly inline: number[]; readonly thread: number[] },
): MailRounds {
  const rates = (each: number[]) => each.map((perSecond) => ({ perSecond, cpuMicros: 1000 }));
  return {
    "bare": rates([100, 1000]),
    "inline": rates(inline),
    "thread": rates(thread),
    "thread, 4 at once": rates([100, 2000]),
  };
}

function mark(some: Partial<Mark>): Mark {
  return { count: 0, at: 0, cpuMicros: 0, peakRssBytes: 0, ...some };
}
