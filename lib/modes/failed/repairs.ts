/**
 * Putting dead letters back and dropping them, once an operator has confirmed the numbers.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FailedDropCommand, FailedRetryCommand } from "../../command_line/repair_commands.ts";
import { confirm } from "../../command_line/terminal/confirm.ts";
import { counted } from "../../errors/counted.ts";
import { UsageError } from "../../errors/usage_error.ts";
import { visible } from "../../errors/visible.ts";
import { type FailedGroup, Grouping } from "../../operations/failed/groups.ts";
import {
  carryOutRepair,
  countRepair,
  type Repair,
  type RepairAction,
  type RepairEnd,
  type RepairResult,
} from "../../operations/failed/repair.ts";
import { SavedFile } from "../../operations/failed/saved_file.ts";
import { requireSavePath } from "../save_path.ts";
import type { Looking } from "./looks.ts";
import { printable } from "./table.ts";

type RepairCommand = FailedRetryCommand | FailedDropCommand;

/**
 * Counts the events that are meant, asks, carries the repair out and prints what came of it.
 *
 * @returns The exit code: 1 where it did not get to its end.
 */
export async function repair(scene: Looking, command: RepairCommand): Promise<number> {
  if (!command.isChosen) throw await notChosen(scene, command);
  await using saved = savedFile(scene, command);
  const { queue, filter, limit, rate, countsDelivery } = command;
  const task: Repair = {
    queue,
    filter,
    action: await actionOf(scene, command),
    by: scene.services.operator,
    countsDelivery,
    ...(limit === undefined ? {} : { limit }),
    ...(rate === undefined ? {} : { ratePerSecond: rate }),
    ...(saved && { saved }),
  };
  const isCounted = command.dryRun || !command.yes || "body" in task.action;
  if (isCounted) {
    const counts = await count(scene, command, task);
    if (command.dryRun || counts.result.matched === 0) return report(scene, command, counts);
    if ("body" in task.action && counts.result.matched > 1) throw tooManyForBody(counts.result);
    if (!command.yes && !isConfirmed(scene, command, task, counts)) {
      scene.services.warn("nothing was changed");
      return 1;
    }
  }
  using interruption = scene.services.interruption();
  using line = scene.services.statusLine();
  const { signal } = interruption;
  const end = await carryOutRepair(scene.broker, {
    ...task,
    signal,
    onProgress: ({ scanned, of, removed }) => {
      line.update(`${removed} events so far; looked at ${scanned} of ${of}`);
    },
  });
  line[Symbol.dispose]();
  return report(scene, command, end);
}

/** What is counted, and the commonest cause among what matches. */
interface Counts extends RepairEnd {
  readonly commonest: FailedGroup | undefined;
}

async function count(scene: Looking, command: RepairCommand, task: Repair): Promise<Counts> {
  using line = scene.services.statusLine();
  const grouping = command.yes ? undefined : new Grouping(await scene.view());
  const counts = await countRepair(scene.broker, {
    ...task,
    onProgress: ({ scanned, of }) => line.update(`looked at ${scanned} of ${of}`),
  }, (event) => grouping?.add(event));
  if (counts.failure !== undefined) throw counts.failure;
  return { ...counts, commonest: grouping?.result().groups[0] };
}

async function actionOf(
  { broker }: Looking,
  command: RepairCommand,
): Promise<RepairAction> {
  if (command.action === "drop") return { kind: "drop" };
  const { queue, to = queue, bodyFile } = command;
  if (to === queue) await broker.declare(queue);
  else if (!await broker.depth(to)) {
    throw new UsageError(
      `--to ${to}: there is no such queue on the broker; it is made when a worker ` +
        "of it runs",
    );
  }
  return { kind: "retry", to, ...(bodyFile === undefined ? {} : { body: readBody(bodyFile) }) };
}

function readBody(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return bytes;
  } catch (error) {
    const why = error instanceof SyntaxError || error instanceof TypeError
      ? "it is not JSON in UTF-8"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new UsageError(`--body ${path} cannot be used: ${why}. Name a file with the new body`);
  }
}

function savedFile({ stateDir }: Looking, command: RepairCommand): SavedFile | undefined {
  const { action, queue, save } = command;
  if (save === false || command.dryRun) return undefined;
  if (save !== undefined) return new SavedFile(requireSavePath(save));
  if (action === "retry") return undefined;
  const time = new Date().toISOString().replace(/[:.]/g, "-");
  const name = `${encodeURIComponent(queue)}-${time}-${Deno.pid}.jsonl`;
  return new SavedFile(join(stateDir, "dropped", name));
}

/** Asks. @throws {UsageError} Where there is no terminal. */
function isConfirmed(
  { services, failed }: Looking,
  command: RepairCommand,
  task: Repair,
  { result, commonest }: Counts,
): boolean {
  const { matched, of } = result;
  const [name, message] = [commonest?.name, commonest?.message].map((text) =>
    printable(text ?? "")
  );
  const error = commonest && `, most of them ${[name, message].filter(Boolean).join(": ")} since ` +
      commonest.first_at;
  services.warn(`${counted(of, "event")} in ${failed}, ${matched} meant${error ?? ""}`);
  return confirm(visible(question(command, task, matched)), false, services.asking);
}

function question(command: RepairCommand, { action, saved }: Repair, matched: number): string {
  const { rate } = command;
  const events = counted(matched, "event");
  const pace = rate === undefined ? "" : ` at ${rate} a second (${Math.ceil(matched / rate)} s)`;
  if (action.kind === "retry") return `Put ${events} back into ${action.to}${pace}`;
  const where = saved ? `, saved to ${saved.path}` : ", for ever";
  return `Drop ${events}${pace}${where}`;
}

async function notChosen({ broker, failed }: Looking, command: RepairCommand): Promise<UsageError> {
  const ready = (await broker.depth(failed))?.ready ?? 0;
  const verb = command.action === "retry" ? "put back" : "drop";
  return new UsageError(
    `${failed} has ${
      counted(ready, "event")
    }: say which to ${verb}, with --all or with a filter such ` +
      "as --group, --id or --reason",
  );
}

function tooManyForBody({ matched }: RepairResult): UsageError {
  return new UsageError(
    `--body replaces the body of one event, and ${matched} match: name it by --id`,
  );
}

/** Prints what came of it, or would. @returns The exit code. */
function report(
  { services, place }: Looking,
  command: RepairCommand,
  { result, failure }: RepairEnd,
): number {
  if (command.json) services.print(JSON.stringify({ schema: 1, ...result }));
  else services.print(`${sentence(command, result)}${place}`);
  if (failure !== undefined) services.warn(`stopped: ${messageOf(failure)}`);
  const isDone = result.complete || result.dry_run;
  if (!isDone && failure === undefined) {
    services.warn(
      `stopped before the end, at ${result.scanned} of ${result.of}; the same command goes on`,
    );
  }
  return isDone ? 0 : 1;
}

function sentence(command: RepairCommand, result: RepairResult): string {
  const { moved, matched, left_alone: alone, of, saved, dry_run: isDry } = result;
  const left = of - (isDry ? matched : moved) - alone;
  const verb = isDry ? `would be ${done(command)}` : done(command);
  const number = isDry ? counted(matched, "event") : `${moved} of ${counted(matched, "event")}`;
  return [
    `${number} ${verb}`,
    `${left} left`,
    ...(alone > 0
      ? [`${alone} left alone, as they were put back 3 times or more (--retried or --id)`]
      : []),
    ...(saved === null ? [] : [`saved to ${saved}`]),
  ].join("; ");
}

function done(command: RepairCommand): string {
  return command.action === "retry" ? `put back into ${command.to ?? command.queue}` : "dropped";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
