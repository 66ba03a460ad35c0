/**
 * The command `status`: the processes of this host and their queues.
 *
 * @module
 */

import type { StatusCommand } from "../../command_line/process_commands.ts";
import { duration, grouped, megabytes } from "../../command_line/terminal/humanize.ts";
import { type Column, table } from "../../command_line/terminal/table.ts";
import { cutEnd, printable } from "../../command_line/terminal/text.ts";
import { type Screen, standardScreen, watch } from "../../command_line/terminal/watch.ts";
import type { Config } from "../../config/config.ts";
import { counted } from "../../errors/counted.ts";
import {
  isoTime,
  type ProcessSnapshot,
  type QueueSnapshot,
  SCHEMA,
} from "../../monitoring/snapshot.ts";
import { EXIT } from "../../system/signals.ts";
import { printError, printLine } from "../../system/standard_streams.ts";
import { type Asked, hasAnswered, Processes, type Unanswered } from "./processes.ts";

const COLUMNS: readonly Column[] = [
  { title: "HOST", shrinks: true },
  { title: "PID", align: "right" },
  { title: "UP", align: "right" },
  { title: "VERSION" },
  { title: "BROKER" },
  { title: "RSS", align: "right" },
  { title: "STATE" },
];
const INDENT = "  ";
/** The longest wait for an answer where the output is shown again and again, in seconds. */
const WATCH_TIMEOUT_SECONDS = 2;

/**
 * Shows the processes.
 *
 * @returns 0, or 1 where one did not answer, and where there is none.
 */
export async function runStatus(
  { watchSeconds, json, timeoutSeconds }: StatusCommand,
  config: Pick<Config, "stateDir">,
  screen: Screen = standardScreen(printLine),
): Promise<number> {
  const seconds = watchSeconds === undefined
    ? timeoutSeconds
    : Math.min(timeoutSeconds, WATCH_TIMEOUT_SECONDS);
  const processes = new Processes(config, seconds);
  const isCleared = screen.isTerminal && !json;
  return await watch({ ...screen, isTerminal: isCleared }, watchSeconds, async () => {
    const all = await processes.snapshots();
    const code = all.length > 0 && all.every(hasAnswered) ? EXIT.stopped : EXIT.failed;
    if (json) return { lines: [statusJson(all, Date.now())], code };
    if (all.length > 0) return { lines: statusLines(all, Date.now(), screen.width), code };
    if (watchSeconds === undefined) printError(`process-queue: ${processes.noneText()}`);
    return { lines: watchSeconds === undefined ? [] : [processes.noneText()], code };
  });
}

/** The answer for programs, in one line. @param now ms since 1970 */
export function statusJson(all: readonly Asked<ProcessSnapshot>[], now: number): string {
  const at = isoTime(now);
  const processes = all.map((asked) =>
    hasAnswered(asked) ? { ...asked.answer, reachable: true, via: "socket", heard_at: at } : {
      pid: asked.socket.pid,
      reachable: false,
      via: "socket",
      heard_at: null,
      error: asked.problem,
    }
  );
  return JSON.stringify({ schema: SCHEMA, at, processes });
}

/** The answer for people. @param now ms since 1970 */
export function statusLines(
  all: readonly Asked<ProcessSnapshot>[],
  now: number,
  width: number,
): string[] {
  const [head = "", ...rows] = table(COLUMNS, all.map((asked) => cells(asked, now)), width);
  return [
    head,
    ...all.flatMap((asked, index) => [
      rows[index] ?? "",
      ...(hasAnswered(asked) ? detailsOf(asked.answer, now, width) : []),
    ]),
  ];
}

function cells(asked: Asked<ProcessSnapshot>, now: number): string[] {
  if (!hasAnswered(asked)) return unansweredCells(asked);
  const { host, pid, version, broker, rss_bytes, queues, zombie_threads } = asked.answer;
  const up = broker.blocked !== null ? "blocked" : broker.up ? "up" : "unavailable";
  const age = duration(secondsSince(asked.answer.started_at, now));
  const zombies = zombie_threads > 0 ? `, ${counted(zombie_threads, "zombie thread")}` : "";
  return [
    host,
    String(pid),
    age,
    version,
    up,
    megabytes(rss_bytes),
    `${stateOf(asked.answer)}, ${counted(queues.length, "queue")}${zombies}`,
  ];
}

function unansweredCells({ socket, problem, ageSeconds }: Unanswered): string[] {
  const age = ageSeconds === undefined ? "?" : duration(ageSeconds);
  return ["?", String(socket.pid), age, "?", "?", "?", problem];
}

/** A process that stops says what it waits for. */
function stateOf({ state, queues }: ProcessSnapshot): string {
  if (state !== "stopping") return state;
  const running = queues.reduce((sum, { running_count }) => sum + running_count, 0);
  return running === 0
    ? "stopping"
    : `draining, ${running === 1 ? "1 event runs" : `${running} events run`}`;
}

function detailsOf({ queues }: ProcessSnapshot, now: number, width: number): string[] {
  const nameWidth = Math.max(0, ...queues.map(({ queue }) => queue.length));
  return queues.flatMap((queue) => {
    const line = `${INDENT}${queue.queue.padEnd(nameWidth)}  ${queueText(queue, now)}`;
    const error = errorText(queue, now);
    return [line, ...(error === undefined ? [] : [INDENT + INDENT + error])];
  }).map((line) => cutEnd(printable(line), width));
}

function queueText(queue: QueueSnapshot, now: number): string {
  const { state, paused, state_reason, running, running_count, restarts, processed } = queue;
  const [oldest] = running;
  const parts = [
    state === "consuming"
      ? ""
      : state + (paused ? pauseText(paused, now) : reasonText(state_reason)),
    oldest &&
    `${running_count} run, oldest ${duration(oldest.age_seconds)} (${oldest.id.slice(0, 8)})`,
    `${grouped(processed + queue.discarded)} done`,
    queue.failed > 0 && `${grouped(queue.failed)} failed`,
    restarts > 0 && counted(restarts, "restart"),
    queue.heap_bytes !== null && heapText(queue.heap_bytes, queue.heap_limit_bytes),
  ];
  return parts.filter(Boolean).join(", ");
}

function pauseText({ by, at, until, reason }: NonNullable<QueueSnapshot["paused"]>, now: number) {
  const ends = until === null ? "" : `, until ${until.slice(0, 16).replace("T", " ")}Z`;
  return ` by ${by} ${duration(secondsSince(at, now))} ago${ends}${reasonText(reason)}`;
}

function reasonText(reason: string | null): string {
  return reason === null ? "" : ` (${reason})`;
}

function heapText(used: number, limit: number | null): string {
  return limit === null
    ? `heap ${megabytes(used)}`
    : `heap ${Math.round(used / 1e6)}/${megabytes(limit)}`;
}

/** An error that the runs since have not had is of no use here. */
function errorText({ last_error }: QueueSnapshot, now: number): string | undefined {
  if (!last_error || last_error.in_a_row === 0) return undefined;
  const { name, message, in_a_row, at } = last_error;
  const ago = duration(secondsSince(at, now));
  return `${name}: ${message} (${counted(in_a_row, "failure")} in a row, last ${ago} ago)`;
}

function secondsSince(at: string, now: number): number {
  return Math.max(0, (now - Date.parse(at)) / 1000);
}
