/**
 * The engine beside bare amqplib: both drain the same kind of events from the same broker, in
 * turns, each in a process of its own. Rates depend on the machine; compare the ratios.
 *
 *   deno task bench [--events 100000] [--rounds 3] [--prefetch 100] [--rows TEXT]
 *   deno task bench --save FILE
 *   deno task bench --against FILE
 *   deno task bench --against FOLDER [--rows TEXT] [options as above]
 *   deno task bench mail [--events 1000] [--rounds 5]
 *   deno task bench push [--events 10000] [--rounds 5]
 *   deno task bench outgoing [--events 1000]
 *   deno task bench failed [--events 1000000]
 *   deno task bench events [--events 30]
 *   deno task bench idle
 *   deno task bench growth [--events 20000]
 *
 * The prefetch is the engine's default unless you give another. `--save` writes all figures as
 * JSON; `--against` with such a file prints each row's ratio to it. With a folder, the program of
 * this checkout and that of the checkout there run alternately, and each row shows the ratio of the
 * two. `--rows` takes only rows whose name contains TEXT. To see how much the ratios vary on your
 * machine, compare a checkout with itself: `--against .`
 *
 * Where other processes use the machine, rates say little: there is a warning before the start, and
 * a row that was measured meanwhile is marked. CPU is also given in units of bare amqplib's in the
 * same run, as `1.85 bare`.
 *
 * With `mail` the worker of mails is measured next to a bare loop of nodemailer, on both databases;
 * with `push` the transport of APNs next to a bare loop of `fetch`; with `outgoing` the worker of
 * webhooks against a host that takes 200 ms for each call; with `failed` repairs of so many dead
 * letters, next to a bare consumer; with `events` the event server: messages to 1,000 clients that
 * poll, and a sweep of 10,000 queues; with `idle` all queues, with nothing to do; with `growth` the
 * cost of an event and the memory for more queues, larger events, and more that wait.
 */

import { compareCheckouts, requireCheckout } from "./bench/against.ts";
import { benchFailed } from "./bench/failed.ts";
import { benchEventServer } from "./bench/event_server.ts";
import { benchGrowth } from "./bench/growth.ts";
import { benchIdle } from "./bench/idle.ts";
import { benchMail } from "./bench/mail.ts";
import { benchOutgoing } from "./bench/outgoing.ts";
import { benchPush } from "./bench/push.ts";
import { type Alone, type BenchOptions, parseOptions, USAGE } from "./bench/options.ts";
import { parseSaved } from "./bench/rows.ts";
import { measureSections, sectionsOf } from "./bench/sections.ts";
import { Sheet, takeLines } from "./bench/sheet.ts";
import { type PrivateRabbitmq, startRabbitmq } from "./rabbitmq.ts";
import { orUsage } from "./usage.ts";

/** Measures something alone. @returns `false` when it is out of its bounds. */
type Measure = (broker: PrivateRabbitmq, options: BenchOptions) => Promise<boolean | void>;

const WITH_BROKER: Readonly<Record<Exclude<Alone, "push" | "idle">, Measure>> = {
  failed: benchFailed,
  events: ({ url }, options) => benchEventServer(url, options),
  outgoing: ({ url }, options) => benchOutgoing(url, options),
  growth: ({ url }, options) => benchGrowth(url, options),
  mail: ({ url }, options) => {
    const { rounds, events } = options;
    console.info(`${rounds} rounds of ${events} mails over one connection with STARTTLS; medians`);
    return benchMail(url, options);
  },
};

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  // `deno task` sets INIT_CWD to the folder that it was called in.
  const folder = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const { options, against } = orUsage(USAGE, () => readOptions(folder));
  const started = performance.now();
  const sheet = new Sheet({ against, write: console.log });
  sheet.warn();
  using _lines = takeLines(sheet);
  const isGood = await measure(options) !== false;
  if (options.save !== undefined) {
    await Deno.writeTextFile(options.save, JSON.stringify(sheet.saved(Deno.args), null, 1));
  }
  console.info(`measured in ${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
  return isGood ? 0 : 1;
}

function readOptions(folder: string) {
  const options = parseOptions(Deno.args, folder);
  const { against, savedRun, alone } = options;
  if (against !== undefined) requireCheckout(against);
  else if (alone === undefined) sectionsOf(options);
  const saved = savedRun === undefined
    ? undefined
    : parseSaved(Deno.readTextFileSync(savedRun), savedRun);
  return { options, against: saved };
}

async function measure(options: BenchOptions): Promise<boolean | void> {
  const { alone, against, rounds, events, prefetch } = options;
  if (alone === "idle") return await benchIdle();
  if (alone === "push") {
    console.info(`${rounds} rounds of ${events} pushes over HTTP/2, 100 at once; medians`);
    return await benchPush(options);
  }
  await using broker = await startRabbitmq();
  if (alone !== undefined) return await WITH_BROKER[alone](broker, options);
  console.info(`${rounds} rounds of ${events} events of 300 bytes, prefetch ${prefetch}; medians`);
  if (against !== undefined) {
    return await compareCheckouts({ ...options, against, url: broker.url });
  }
  const isGood = await measureSections({ ...options, url: broker.url });
  console.log(isGood ? "everything is within its bounds" : "OUT OF BOUNDS: see above");
  return isGood;
}
