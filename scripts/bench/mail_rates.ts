/**
 * The figures of the benchmark of mails. Everything here is pure.
 *
 * @module
 */

import type { Mark } from "./marks.ts";
import { median, type Rate, ratiosOf, spread } from "./ratios.ts";

/** Who sends: a loop of nodemailer, or the worker in the main thread or in one of its own. */
export const SENDERS = ["bare", "inline", "thread", "thread, 4 at once"] as const;

/** One of {@linkcode SENDERS}. */
export type Sender = typeof SENDERS[number];

/** The rates of each sender, a round at each place. */
export type MailRounds = Readonly<Record<Sender, readonly Rate[]>>;

/** The senders that must reach {@linkcode LEAST}: those over one connection. */
const JUDGED: ReadonlySet<Sender> = new Set(["inline", "thread"]);
/** The least part of the bare loop's rate that the worker reaches over one connection. */
const LEAST = 0.7;

/**
 * The rate of one run.
 *
 * @param times When each mail came to the server, in ms, the oldest first.
 * @param warmUp How many of them are not measured, at least one.
 * @param marks The sender's process at two of its mails.
 */
export function mailRate(
  times: readonly number[],
  warmUp: number,
  marks: { readonly from: Mark; readonly to: Mark },
): Rate {
  const [first, last] = [times[warmUp - 1] ?? NaN, times.at(-1) ?? NaN];
  const { from, to } = marks;
  return {
    perSecond: (times.length - warmUp) / ((last - first) / 1000),
    cpuMicros: (to.cpuMicros - from.cpuMicros) / (to.count - from.count),
  };
}

/** A line for each sender: medians, and the ratio to the bare loop within each round. */
export function mailRows(database: string, rounds: MailRounds): string[] {
  return SENDERS.map((sender) => {
    const each = rounds[sender];
    const perSecond = median(each.map((rate) => rate.perSecond)).toFixed(0);
    const cpu = median(each.map((rate) => rate.cpuMicros)).toFixed(0);
    return `${`mail ${database} ${sender}`.padEnd(32)} ${perSecond.padStart(6)} mails/s ` +
      `${cpu.padStart(6)} µs CPU/mail${sender === "bare" ? "" : ratioText(sender, rounds)}`;
  });
}

/** Whether the worker is fast enough over one connection. */
export function isFastEnough(rounds: MailRounds): boolean {
  return [...JUDGED].every((sender) => ratioOf(sender, rounds).median >= LEAST);
}

function ratioOf(sender: Sender, rounds: MailRounds) {
  const pairs = rounds[sender].flatMap((own, at) => {
    const other = rounds.bare[at];
    return other ? [{ own, other }] : [];
  });
  return ratiosOf(pairs)?.perSecond ?? spread([]);
}

function ratioText(sender: Sender, rounds: MailRounds): string {
  const { median, least, most } = ratioOf(sender, rounds);
  const [middle, low, high] = [median, least, most].map((ratio) => ratio.toFixed(2));
  const bound = JUDGED.has(sender) ? `, at least ${LEAST}` : "";
  const verdict = JUDGED.has(sender) && median < LEAST ? " OUT OF BOUNDS" : "";
  return `  ${middle} of bare (${low}-${high}${bound})${verdict}`;
}
