/**
 * The engine beside bare amqplib: both drain the same kind of events from the same broker, in
 * turns, each in a process of its own. Rates depend on the machine; compare the ratios.
 *
 *   deno task bench [--events 100000] [--rounds 5] [--prefetch 100]
 *   deno task bench --against DIR [--rows TEXT] [options as above]
 *   deno task bench mail [--events 1000] [--rounds 5]
 *   deno task bench push [--events 10000] [--rounds 5]
 *   deno task bench outgoing [--events 1000]
 *   deno task bench failed [--events 1000000]
 *   deno task bench events [--events 30]
 *   deno task bench idle
 *
 * The prefetch is the engine's default unless you give another. With `--against` the program of
 * this checkout and that of the checkout in DIR run alternately, and each row shows the ratio of
 * the two. `--rows` takes only rows whose name contains TEXT. To see how much the ratios vary on
 * your machine, compare a checkout with itself: `--against .`
 *
 * With `mail` the worker of mails is measured next to a bare loop of nodemailer, on both databases;
 * with `push` the transport of APNs next to a bare loop of `fetch`; with `outgoing` the worker of
 * webhooks against a host that takes 200 ms for each call; with `failed` repairs of so many dead
 * letters, next to a bare consumer.
 * webhooks against a host that takes 200 ms for each call; with `events` the event server: messages
 * to 1,000 clients that poll, and a sweep of 10,000 queues; with `idle` all queues, with nothing to do.
 */

import { compareCheckouts, requireCheckout } from "./bench/against.ts";
import { compare, type Drained, type DrainOptions } from "./bench/drain.ts";
import { benchFailed } from "./bench/failed.ts";
import { firstEvent } from "./bench/first_event.ts";
import { benchEventServer } from "./bench/event_server.ts";
import { benchIdle } from "./bench/idle.ts";
import { benchMail } from "./bench/mail.ts";
import { benchOutgoing } from "./bench/outgoing.ts";
import { benchPush } from "./bench/push.ts";
import { latency } from "./bench/latency.ts";
import { type BenchOptions, parseOptions } from "./bench/options.ts";
import { run } from "./bench/program.ts";
import { publishing } from "./bench/publish.ts";
import { median } from "./bench/ratios.ts";
import { sentry } from "./bench/sentry.ts";
import { threads } from "./bench/threads.ts";
import { startRabbitmq } from "./rabbitmq.ts";
import { orUsage } from "./usage.ts";

/** Bounds of a ratio: the least rate and the most CPU. */
interface Bounds {
  readonly rate: number;
  readonly cpu: number;
}

/** Classic queues, in the main thread beside bare amqplib. */
const INLINE: Bounds = { rate: 0.9, cpu: 1.5 };
/** Classic queues, in a thread beside the main thread. */
const THREAD: Bounds = { rate: 0.85, cpu: 1.9 };
const FIRST_EVENT_RUNS = 5;
const FIRST_EVENT_MS = 300;

const USAGE = "usage: deno task bench [--events N] [--rounds N] [--prefetch N] " +
  "[--against FOLDER [--rows TEXT]]\n       deno task bench mail [--events N] [--rounds N]\n" +
  "       deno task bench push [--events N] [--rounds N]\n" +
  "       deno task bench outgoing [--events N]\n" +
  "       deno task bench failed [--events N]";
"       deno task bench outgoing [--events N]\n       deno task bench events [--events N]\n" +
  "       deno task bench idle";

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  // `deno task` sets INIT_CWD to the folder that it was called in.
  const folder = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const options = orUsage(USAGE, () => parseOptions(Deno.args, folder));
  const { events, rounds, prefetch, against, isMail, isPush, isOutgoing, isFailed } = options;
  if (against !== undefined) requireCheckout(against);
  if (options.isIdle) {
    await benchIdle();
    return 0;
  }
  if (isPush) {
    console.log(`${rounds} rounds of ${events} pushes over HTTP/2, 100 at once; medians`);
    return await benchPush(options) ? 0 : 1;
  }
  await using broker = await startRabbitmq();
  if (isFailed) return await benchFailed(broker, options) ? 0 : 1;
  if (options.isEvents) return await benchEventServer(broker.url, options) ? 0 : 1;
  if (isOutgoing) return await benchOutgoing(broker.url, options) ? 0 : 1;
  if (isMail) {
    console.log(`${rounds} rounds of ${events} mails over one connection with STARTTLS; medians`);
    return await benchMail(broker.url, options) ? 0 : 1;
  }
  console.log(
    `${rounds} rounds of ${events} events of 300 bytes, prefetch ${prefetch}; medians`,
  );
  if (against === undefined) return await bench(broker.url, options) ? 0 : 1;
  await compareCheckouts({ ...options, against, url: broker.url });
  return 0;
}

/** @returns Whether everything is within its bounds. */
async function bench(url: string, { events, rounds, prefetch }: BenchOptions): Promise<boolean> {
  const options: DrainOptions = { url, type: "classic", events, queues: 1, prefetch };
  const classic = await compare(["bare", "inline", "thread"], rounds, options);
  const inline = judge("inline beside bare", INLINE, classic["inline"], classic["bare"]);
  const thread = judge("thread beside inline", THREAD, classic["thread"], classic["inline"]);
  const quorum = await compare(["bare", "inline", "thread"], 1, { ...options, type: "quorum" });
  judge("quorum inline beside bare", undefined, quorum["inline"], quorum["bare"]);
  for (const queues of [4, 16]) await compare(["thread"], 1, { ...options, queues });
  const cheap = await threads(url);
  await latency(url);
  await publishing(url, rounds, events);
  await run("sqlite.ts", "--events", String(events), "--prefetch", String(prefetch));
  const unsampled = await sentry();
  const fast = await firstEvents(url);
  const isGood = inline && thread && cheap && unsampled && fast;
  console.log(isGood ? "everything is within its bounds" : "OUT OF BOUNDS: see above");
  return isGood;
}

/** Prints how one compares with the other. @returns Whether it is within its bounds. */
function judge(
  name: string,
  bounds: Bounds | undefined,
  one: Drained | undefined,
  other: Drained | undefined,
): boolean {
  if (!one || !other) return false;
  const rate = one.eventsPerSecond / other.eventsPerSecond;
  const cpu = one.cpuMicros / other.cpuMicros;
  const isGood = !bounds || (rate >= bounds.rate && cpu <= bounds.cpu);
  const limits = bounds ? ` (at least ${bounds.rate}, at most ${bounds.cpu})` : "";
  console.log(
    `${name}: rate ${rate.toFixed(2)}, CPU ${cpu.toFixed(2)}${limits}`,
    isGood ? "" : "OUT OF BOUNDS",
  );
  return isGood;
}

/** Starts the program several times and prints the median. @returns Whether it is fast enough. */
async function firstEvents(url: string): Promise<boolean> {
  const times: number[] = [];
  for (let i = 0; i < FIRST_EVENT_RUNS; i++) times.push((await firstEvent(url)).ms);
  const middle = median(times);
  console.log(`first event after ${middle.toFixed(0)} ms (under ${FIRST_EVENT_MS})`);
  return middle < FIRST_EVENT_MS;
}
