/**
 * The transport of APNs next to a bare loop of `fetch`: both send the same pushes to the same server
 * over HTTP/2, as many at once, in turns, each in a process of its own.
 *
 * @module
 */

import { importPKCS8, SignJWT } from "jose";
import { PrivatePush } from "../push/private.ts";
import { ROOT } from "./program.ts";
import { median, type Rate, ratiosOf, type Spread } from "./ratios.ts";

/** Options of the measurement. */
export interface PushBenchOptions {
  /** The pushes that each sender is measured with. */
  readonly events: number;
  readonly rounds: number;
}

/** Who sends: a bare loop of `fetch`, or the transport. */
export type PushSender = "bare" | "transport";

/** The rates of each sender, a round at each place. */
export type PushRounds = Readonly<Record<PushSender, readonly Rate[]>>;

const SENDERS = ["bare", "transport"] as const;
/** The least part of the bare loop's rate that the transport reaches. */
const LEAST = 0.8;

/** Measures and prints the rows. @returns Whether the transport is fast enough. */
export async function benchPush({ events, rounds }: PushBenchOptions): Promise<boolean> {
  await using push = await PrivatePush.start();
  const token = await tokenOf(push);
  const rates: Record<PushSender, Rate[]> = { bare: [], transport: [] };
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? SENDERS : SENDERS.toReversed();
    for (const sender of order) rates[sender].push(await measure(sender, push, token, events));
  }
  for (const row of pushRows(rates)) console.log(row);
  console.log(`load ${Deno.loadavg().map((load) => load.toFixed(1)).join(" ")}`);
  return isFastEnough(rates);
}

/** Whether the transport is fast enough. */
export function isFastEnough(rounds: PushRounds): boolean {
  return (ratioOf(rounds)?.median ?? 0) >= LEAST;
}

/** A line for each sender: medians, and the ratio within each round. */
export function pushRows(rounds: PushRounds): string[] {
  const ratio = ratioOf(rounds);
  return SENDERS.map((sender) => {
    const middle = (figure: keyof Rate) => median(rounds[sender].map((rate) => rate[figure]));
    return `${`push ${sender}`.padEnd(16)} ${
      middle("perSecond").toFixed(0).padStart(6)
    } pushes/s ` +
      `${middle("cpuMicros").toFixed(0).padStart(6)} µs CPU/push` +
      (sender === "bare" || !ratio ? "" : ratioText(ratio));
  });
}

function ratioText({ median, least, most }: Spread): string {
  const [middle, low, high] = [median, least, most].map((ratio) => ratio.toFixed(2));
  const verdict = median < LEAST ? " OUT OF BOUNDS" : "";
  return `  ${middle} of bare (${low}-${high}, at least ${LEAST})${verdict}`;
}

function ratioOf({ bare, transport }: PushRounds): Spread | undefined {
  const pairs = transport.flatMap((own, at) => {
    const other = bare[at];
    return other ? [{ own, other }] : [];
  });
  return ratiosOf(pairs)?.perSecond;
}

async function measure(
  sender: PushSender,
  push: PrivatePush,
  token: string,
  events: number,
): Promise<Rate> {
  push.forget();
  const settings = JSON.stringify({ ...push.direct, token });
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}/scripts/bench/push_sender.ts`, sender, String(events), settings],
    cwd: ROOT,
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(output.stdout);
  if (!output.success) throw new Error(`The pushes of ${sender} were not sent: ${text}`);
  return JSON.parse(text);
}

/** A token of ours, as the bare loop uses it. */
async function tokenOf({ keys: { apple } }: PrivatePush): Promise<string> {
  return await new SignJWT()
    .setProtectedHeader({ alg: "ES256", kid: apple.keyId })
    .setIssuer(apple.teamId)
    .setIssuedAt()
    .sign(await importPKCS8(apple.privateKey, "ES256"));
}
