/** The demo's report: the workers' failures as they happen, and a table at the end. */

import { join } from "node:path";

/** The part of a queue's statistics file that the demo shows. */
export interface Statistics {
  readonly queue: string;
  readonly processed: number;
  readonly retried: number;
  readonly failed: number;
  readonly wait_p50: number | null;
  readonly wait_p99: number | null;
}

/** Reads a queue's statistics; they are zero while there is no file. */
export async function statisticsOf(dir: string, queue: string): Promise<Statistics> {
  const none = { processed: 0, retried: 0, failed: 0, wait_p50: null, wait_p99: null };
  const text = await Deno.readTextFile(join(dir, `${queue}.stats`)).catch(() => "{}");
  return { ...none, ...JSON.parse(text), queue };
}

/** Prints each failure that a worker logs, and each line that is no log line. */
export async function sayLog(
  log: ReadableStream<Uint8Array>,
  say: (line: string) => void,
): Promise<void> {
  let rest = "";
  const text = log.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>);
  for await (const chunk of text) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) sayLine(line, say);
  }
  if (rest !== "") say(rest);
}

function sayLine(line: string, say: (line: string) => void): void {
  const logged = parsed(line);
  if (!logged) return say(line);
  const { level, queue, attempt, message, reason, delay, error } = logged;
  if (reason === undefined || error === undefined) {
    if (level === "error") say(error ? `${message}: ${error.message}` : message);
    return;
  }
  say(`${queue}: attempt ${attempt} failed: ${error.message}`);
  if (level === "error") say(`  given up: the event is in ${queue}.failed with its reason`);
  else say(`  next attempt in ${delay} s`);
}

interface LogLine {
  readonly level?: string;
  readonly message: string;
  readonly queue?: string;
  readonly attempt?: number;
  readonly reason?: string;
  readonly delay?: number;
  readonly error?: { readonly message: string };
}

function parsed(line: string): LogLine | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * A table of the queues, at most 80 columns wide.
 *
 * @param seconds The time from the start of publishing to each queue's last event.
 */
export function table(
  rows: readonly Statistics[],
  seconds: ReadonlyMap<string, number>,
): string[] {
  const head = ["queue", "consumed", "retried", "failed", "events/s", "wait p50", "wait p99"];
  const cells = rows.map((row) => [
    row.queue,
    String(row.processed),
    String(row.retried),
    String(row.failed),
    (row.processed / (seconds.get(row.queue) ?? NaN)).toFixed(0),
    milliseconds(row.wait_p50),
    milliseconds(row.wait_p99),
  ]);
  const widths = head.map((name, i) =>
    Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0))
  );
  return [head, ...cells].map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
      .join("  ")
  );
}

function milliseconds(seconds: number | null): string {
  return seconds === null ? "" : `${(seconds * 1000).toFixed(1)} ms`;
}
