/**
 * The pure parts of the benchmark: its options, medians, ratios and the table of a comparison.
 *
 * @module
 */

import assert from "node:assert/strict";
import { alternate, requireCheckout } from "../../scripts/bench/against.ts";
import { EVENT_BYTES, eventText } from "../../scripts/bench/events.ts";
import { parseOptions, USAGE } from "../../scripts/bench/options.ts";
import { ROOT } from "../../scripts/bench/program.ts";
import {
  median,
  parseRates,
  type Rate,
  ratiosOf,
  type Round,
  spread,
  tableHead,
  tableRow,
} from "../../scripts/bench/ratios.ts";
import { sectionsOf } from "../../scripts/bench/sections.ts";
import { type Trial, trialsOf } from "../../scripts/bench/trials.ts";

Deno.test("a median is the middle value, or the mean of the two in the middle", () => {
  const table: [number[], number][] = [
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 1], 5.5],
  ];
  for (const [values, expected] of table) assert.equal(median(values), expected);
  assert(Number.isNaN(median([])));
  assert.deepEqual(spread([3, 1, 2]), { median: 2, least: 1, most: 3 });
});

Deno.test("ratios are made within each round, and then the median is taken", () => {
  const rounds = [
    round([100, 10], [200, 20]),
    round([1000, 30], [1000, 10]),
    round([300, 8], [100, 8]),
  ];
  assert.deepEqual(ratiosOf(rounds), {
    perSecond: { median: 1, least: 0.5, most: 3 },
    cpuMicros: { median: 1, least: 0.5, most: 3 },
  });
  assert.equal(ratiosOf([{ own: { perSecond: 1, cpuMicros: 1 } }]), undefined);
});

Deno.test("a row of the table has the medians of both sides and their ratios", () => {
  const rounds = [round([50_000, 8.1], [40_000, 9]), round([60_000, 8.3], [50_000, 8.3])];
  assert.equal(
    tableRow("classic inline", rounds),
    "classic inline                55000    45000  1.23 (1.20-1.25)      8.20     8.65" +
      "  0.95 (0.90-1.00)",
  );
  assert.equal(
    tableRow("first event", [round([3.5, 250_000], [3.5, 250_000])]),
    "first event                    3.50     3.50  1.00 (1.00-1.00)    250000   250000" +
      "  1.00 (1.00-1.00)",
  );
});

Deno.test("a row that only this checkout runs has no ratio", () => {
  const own = { perSecond: 60_000, cpuMicros: 6 };
  const row = tableRow("classic bare", [{ own }]);
  assert.equal(row, `classic bare${"60000".padStart(23)}${"6.00".padStart(37)}`);
});

Deno.test("the columns of the table stand under their names", () => {
  const [titles = "", names = ""] = tableHead();
  const row = tableRow("x", [round([1, 2], [3, 4])]);
  assert.equal(names.indexOf("this") + "this".length, row.indexOf("1.00") + "1.00".length);
  assert.equal(names.indexOf("against") + "against".length, row.indexOf("3.00") + "3.00".length);
  assert.equal(names.lastIndexOf("this/against"), row.lastIndexOf("0.50 ("));
  assert(titles.indexOf("CPU") > names.indexOf("this/against"));
});

Deno.test("rates are read out of what another checkout printed", () => {
  const text = "sqlite publish     12345 events/s   67.8 µs CPU/event\n" +
    "sqlite drain        4000 events/s  100.0 µs CPU/event\n";
  assert.deepEqual(parseRates(text, ["sqlite drain", "sqlite publish"]), [
    { perSecond: 4000, cpuMicros: 100 },
    { perSecond: 12345, cpuMicros: 67.8 },
  ]);
  assert.throws(() => parseRates("error: Oops\n", ["sqlite drain"]), {
    message: 'no row "sqlite drain" was printed, but this: error: Oops',
  });
});

Deno.test("two checkouts take turns, and who is first changes with each round", async () => {
  const trial = trialOf();
  const [first, second] = await alternate(trial, 3, "own", "other");
  assert.deepEqual(trial.measured, ["own", "other", "other", "own", "own", "other"]);
  const perSecond = (rounds: readonly Round[] = []) =>
    rounds.map(({ own, other }) => [own.perSecond, other?.perSecond]);
  assert.deepEqual(perSecond(first), [[1, 2], [4, 3], [5, 6]]);
  assert.deepEqual(perSecond(second), [[10, 20], [40, 30], [50, 60]]);
});

Deno.test("a reference is measured in this checkout only", async () => {
  const trial = { ...trialOf(), isReference: true };
  const [rounds] = await alternate(trial, 2, "own", "other");
  assert.deepEqual(trial.measured, ["own", "own"]);
  assert.deepEqual(rounds?.map(({ other }) => other), [undefined, undefined]);
});

Deno.test("a comparison has a row for everything that times the engine", () => {
  const options = { url: "", events: 1, prefetch: 1 };
  const names = (rows: string) => trialsOf({ ...options, rows }).flatMap(({ rows }) => rows);
  assert.deepEqual(names(""), [
    "classic bare",
    "classic inline",
    "classic thread",
    "quorum bare",
    "quorum inline",
    "quorum thread",
    "classic 4 queues thread",
    "classic 16 queues thread",
    "16 threads started",
    "rabbitmq publish command",
    "sqlite publish",
    "sqlite drain",
    "first event",
  ]);
  assert.deepEqual(names("quorum i"), ["quorum inline"]);
  assert.throws(() => names("novel"), {
    name: "TypeError",
    message: /^--rows novel: no row has this in its name; there are classic bare, /,
  });
});

Deno.test("the benchmark's options have defaults, and wrong ones are refused", () => {
  const { prefetch, ...rest } = parseOptions([], "/here");
  assert(prefetch > 0);
  assert.deepEqual(rest, {
    alone: undefined,
    events: 100_000,
    rounds: 3,
    against: undefined,
    savedRun: undefined,
    save: undefined,
    rows: "",
  });
  const given = ["--against", "../other", "--rows", "inline", "--events", "9", "--rounds", "1"];
  const { against, rows, events, rounds } = parseOptions(given, "/here/this");
  assert.deepEqual([against, rows, events, rounds], ["/here/other", "inline", 9, 1]);
  const refused: [string[], RegExp][] = [
    [["--rounds", "0"], /^--rounds is 0: it must be a whole number over 0$/],
    [["--events", "1.5"], /^--events is 1\.5: it must be a whole number over 0$/],
    [["--novel"], /novel/],
    [["novel"], /^novel is unknown: there are mail, push, outgoing, failed, events, idle, growth$/],
    [["mail", "push"], /^push is unknown/],
    [["toString"], /^toString is unknown/],
    [["mail", "--rows", "x"], /^--rows cannot be used with mail$/],
    [
      ["mail", "--against", "../other"],
      /^mail cannot be used with --against FOLDER, only with the file of a saved run$/,
    ],
    [["--save", "a", "--against", "b"], /^--save cannot be used with --against FOLDER$/],
  ];
  for (const [args, message] of refused) {
    assert.throws(() => parseOptions(args, "/"), { name: "TypeError", message });
  }
});

Deno.test("each measurement alone has its own number of events and rounds", () => {
  const table = { mail: 1000, push: 10_000, failed: 1_000_000, growth: 20_000 };
  for (const [alone, events] of Object.entries(table)) {
    const options = parseOptions([alone], "/");
    assert.deepEqual([options.alone, options.events, options.rounds], [alone, events, 5]);
  }
});

Deno.test("a file to compare with is a saved run, a folder is a checkout", () => {
  const args = ["--against", "saved", "--save", "next"];
  const { against, savedRun, save } = parseOptions(args, "/here", () => true);
  assert.deepEqual([against, savedRun, save], [undefined, "/here/saved", "/here/next"]);
  assert.equal(parseOptions(["mail", "--against", "x"], "/", () => true).savedRun, "/x");
});

Deno.test("the usage names everything that can be measured and every option", () => {
  for (const word of ["mail", "push", "outgoing", "failed", "events", "idle", "growth"]) {
    assert.match(USAGE, new RegExp(`deno task bench ${word}\\b`));
  }
  for (const option of ["events", "rounds", "prefetch", "rows", "save", "against"]) {
    assert(USAGE.includes(`[--${option} `) || USAGE.includes(` --${option} `), option);
  }
});

Deno.test("the rows of the engine can be measured by a part of their name", () => {
  assert(sectionsOf({ rows: "" }).length > 5);
  assert.deepEqual(sectionsOf({ rows: "sql" }).map(({ name }) => name), ["sqlite"]);
  assert.throws(() => sectionsOf({ rows: "novel" }), {
    name: "TypeError",
    message: /^--rows novel: no section has this in its name; there are classic, /,
  });
});

Deno.test("a folder that is no checkout is refused", () => {
  requireCheckout(ROOT);
  assert.throws(() => requireCheckout("/nonexistent"), {
    name: "TypeError",
    message: "--against /nonexistent: there is no main.ts, so it is no checkout",
  });
});

Deno.test("the benchmark's events have 300 bytes each", () => {
  for (const i of [0, 7, 99_999]) assert.equal(eventText(i).length, EVENT_BYTES);
});

type Figures = readonly [perSecond: number, cpuMicros: number];

function round(own: Figures, other: Figures): Round {
  return { own: rate(own), other: rate(other) };
}

function rate([perSecond, cpuMicros]: Figures): Rate {
  return { perSecond, cpuMicros };
}

/** A trial with two rows, whose rates count how often it was measured. */
function trialOf(): Trial & { readonly measured: string[] } {
  const measured: string[] = [];
  return {
    rows: ["first", "second"],
    measured,
    measure(checkout) {
      const count = measured.push(checkout);
      return Promise.resolve([rate([count, 1]), rate([10 * count, 1])]);
    },
  };
}
