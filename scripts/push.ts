/**
 * Servers for development on 127.0.0.1 that answer as Apple's, Google's and the push bouncer do, and
 * send no push on. They print each push; Ctrl-C ends them:
 *
 *     deno task push [--env FILE] [--through bouncer]
 *
 * With `--env` the settings that send to them are written to FILE, as the program reads them from
 * `.env`.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { signalled } from "./private_server.ts";
import { PrivatePush, type PushReceived } from "./push/private.ts";
import { pushLines } from "./push/show.ts";
import { orUsage } from "./usage.ts";

const USAGE = "usage: deno task push [--env FILE] [--through bouncer]";
/** ms between two looks at what has come. */
const LOOK_MS = 200;

interface Options {
  /** Where the settings go; `undefined`: they are printed. */
  readonly env: string | undefined;
  readonly isThroughBouncer: boolean;
}

async function main(): Promise<void> {
  const options = orUsage(USAGE, readOptions);
  using ending = signalled();
  await using push = await PrivatePush.start();
  const settings = options.isThroughBouncer ? push.throughBouncer : push.direct;
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  if (options.env === undefined) console.log(lines.join("\n"));
  else Deno.writeTextFileSync(options.env, `${lines.join("\n")}\n`);
  const which = options.env === undefined ? "these settings" : `the settings in ${options.env}`;
  console.log(`Takes pushes with ${which}. Ctrl-C ends it.`);
  let shown = 0;
  const timer = setInterval(() => {
    push.assertRunning();
    const all = (["apns", "fcm", "bouncer"] as const).flatMap((service) => push.received(service));
    const byTime = all.sort((one: PushReceived, other: PushReceived) => one.at - other.at);
    for (const each of byTime.slice(shown)) console.log(`\n${pushLines(each).join("\n")}`);
    shown = byTime.length;
  }, LOOK_MS);
  await ending.received;
  clearInterval(timer);
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: { env: { type: "string" }, through: { type: "string", default: "" } },
  });
  const { env, through } = values;
  if (!["", "bouncer"].includes(through)) {
    throw new TypeError(`--through is ${through}: it must be bouncer`);
  }
  return { env, isThroughBouncer: through === "bouncer" };
}

if (import.meta.main) await main();
