/**
 * The commands `pause`, `resume` and `restart`, for every process of this host that has the queue.
 *
 * @module
 */

import type { ChangeCommand } from "../../command_line/process_commands.ts";
import { type Asking, confirm } from "../../command_line/terminal/confirm.ts";
import { duration } from "../../command_line/terminal/humanize.ts";
import { printable } from "../../command_line/terminal/text.ts";
import type { Config } from "../../config/config.ts";
import { counted } from "../../errors/counted.ts";
import { didYouMean } from "../../errors/spelling.ts";
import { UsageError } from "../../errors/usage_error.ts";
import { isoTime, SCHEMA } from "../../monitoring/snapshot.ts";
import { PausedQueues } from "../../operations/paused.ts";
import type { QueueActionResult } from "../../operations/queue_action.ts";
import { EXIT } from "../../system/signals.ts";
import { OUTPUT, type Output } from "./output.ts";
import { changeAt, placesOf, type QueuePlace } from "./queue_changes.ts";
import { hasAnswered, Processes, type Unanswered, whoAsks } from "./processes.ts";

/** Where a command shows its results, and how it asks. */
export type ChangeOutput = Output & { readonly asking?: Asking };

const DONE = { pause: "paused", resume: "resumed", restart: "restarted" } as const;

/**
 * Changes queues.
 *
 * @returns 0, or 1 where a process did not do it or did not answer, where none has the queue, and
 * where it was not confirmed.
 * @throws {UsageError} For a queue that no process runs, and where nobody can be asked.
 */
export async function runChange(
  command: ChangeCommand,
  config: Pick<Config, "stateDir">,
  output: ChangeOutput = OUTPUT,
): Promise<number> {
  const { action, queues, pid, yes, json } = command;
  const processes = new Processes(config, command.timeoutSeconds);
  const asked = await processes.snapshots(pid);
  const silent = asked.filter((one): one is Unanswered => !hasAnswered(one));
  for (const { socket, problem } of silent) output.warn(`process ${socket.pid}: ${problem}`);
  if (asked.length === 0) return changeWithoutProcess(command, processes, output);
  const places = placesOf(queues, asked);
  const known = asked.filter(hasAnswered)
    .flatMap(({ answer }) => answer.queues.map(({ queue }) => queue));
  if (silent.length === 0) requireKnown(queues, known);
  if (places.length === 0 || !confirm(questionOf(command, places), yes, output.asking)) {
    return EXIT.failed;
  }
  const { reason, seconds } = command;
  const request = { by: whoAsks(), reason, seconds };
  const results = await Promise.all(
    places.map((place) => changeAt(place, action, request, processes)),
  );
  if (json) output.print(JSON.stringify({ schema: SCHEMA, at: isoTime(Date.now()), results }));
  else for (const result of results) output.print(printable(lineOf(action, result)));
  const isDone = silent.length === 0 && results.every(({ ok }) => ok);
  return isDone ? EXIT.stopped : EXIT.failed;
}

/** A pause is kept in a file, which can be removed without a process. */
function changeWithoutProcess(
  { action, queues, pid }: ChangeCommand,
  processes: Processes,
  { print, warn }: ChangeOutput,
): number {
  const stored = new PausedQueues(processes.stateDir);
  if (action === "resume" && pid === undefined) {
    const paused = queues.filter((queue) => stored.read(queue, Date.now()).kind !== "none");
    for (const queue of paused) {
      stored.remove(queue);
      print(printable(`${queue}: its pause is lifted; no process runs it now`));
    }
    if (paused.length === queues.length) return EXIT.stopped;
  }
  warn(processes.noneText(pid));
  return EXIT.failed;
}

function requireKnown(queues: readonly string[], known: readonly string[]): void {
  for (const queue of queues) {
    if (known.includes(queue)) continue;
    const names = [...new Set(known)].sort();
    const meant = didYouMean(queue, names);
    throw new UsageError(
      `no process of this host runs the queue ${queue}${meant}\nqueues: ${names.join(", ")}`,
    );
  }
}

function questionOf(
  { action, seconds, reason }: ChangeCommand,
  places: readonly QueuePlace[],
): string {
  const queues = [...new Set(places.map(({ queue }) => queue))];
  const processes = new Set(places.map(({ socket }) => socket.path)).size;
  const verb = { pause: "Pause", resume: "Resume", restart: "Restart the threads of" }[action];
  const time = seconds === undefined ? "" : ` for ${duration(seconds)}`;
  const why = reason === undefined ? "" : ` (${reason})`;
  const where = processes === 1 ? "1 process" : `${processes} processes`;
  return printable(`${verb} ${queues.join(", ")} in ${where} of this host${time}${why}`);
}

function lineOf(action: ChangeCommand["action"], result: QueueActionResult): string {
  const { queue, pid, ok, error, state, consumers_elsewhere: elsewhere } = result;
  if (!ok) return `${queue}: process ${pid} failed: ${error}`;
  const now = action === "pause" ? "" : `, now ${state}`;
  const others = action === "pause" && elsewhere !== null && elsewhere > 0
    ? `; ${counted(elsewhere, "consumer")} elsewhere still ${
      elsewhere === 1 ? "takes" : "take"
    } events`
    : "";
  return `${queue}: ${DONE[action]} in process ${pid}${now}${others}`;
}
