/**
 * What somebody has chosen in `queues --watch` on a terminal, and what is shown then.
 *
 * @module
 */

import { QUEUE_SORTS, type QueuesCommand } from "../../command_line/process_commands.ts";
import { duration, grouped } from "../../command_line/terminal/humanize.ts";
import { cutEnd, printable } from "../../command_line/terminal/text.ts";
import { snapshotsOf } from "../../operations/merge.ts";
import type { QueueReport } from "../../operations/queue_report.ts";
import type { Gathered } from "./gather.ts";
import { ORDERS, summary, tableLines } from "./lines.ts";

/** What somebody has chosen. */
export interface WatchState {
  readonly order: QueuesCommand["sort"];
  /** Only queues with this in their name; `""`: all. */
  readonly filter: string;
  /** The queue that is chosen; `undefined`: the first. */
  readonly queue: string | undefined;
  /** Whether what runs and what fails in it is shown. */
  readonly isOpen: boolean;
  /** What keys mean now: commands, letters of the filter, or an answer. */
  readonly mode: "keys" | "filter" | "question";
  /** What is asked for, which the next look does not change; `undefined`: nothing. */
  readonly question: QueueChange | undefined;
  /** What came of the last command; `""`: nothing. */
  readonly notice: string;
}

/** A queue that is to be paused or resumed. */
export interface QueueChange {
  readonly change: "pause" | "resume";
  readonly queue: string;
}

/** What is to be done after a key. */
export type WatchAction = "end" | QueueChange;

/** The state after a key, and what is to be done. */
export interface Pressed {
  readonly state: WatchState;
  readonly action?: WatchAction;
}

/** The state at first. */
export function watchState(order: QueuesCommand["sort"]): WatchState {
  const none = { queue: undefined, question: undefined };
  return { order, filter: "", isOpen: false, mode: "keys", notice: "", ...none };
}

/** The queues that are shown, in their order. */
export function shownQueues(
  reports: readonly QueueReport[],
  { filter, order }: WatchState,
): QueueReport[] {
  return reports.filter(({ queue }) => queue.includes(filter)).toSorted(ORDERS[order]);
}

/** What a key does. @param key As `TerminalKeys` names it. @param reports What was found last. */
export function press(
  state: WatchState,
  key: string,
  reports: readonly QueueReport[],
): Pressed {
  if (key === "ctrl-c") return { state, action: "end" };
  if (state.mode === "filter") return { state: typed(state, key) };
  if (state.mode === "question") return answered(state, key);
  return command({ ...state, notice: "" }, key, reports);
}

function command(state: WatchState, key: string, reports: readonly QueueReport[]): Pressed {
  switch (key) {
    case "q":
      return { state, action: "end" };
    case "j":
    case "down":
      return { state: moved(state, 1, reports) };
    case "k":
    case "up":
      return { state: moved(state, -1, reports) };
    case "enter":
      return { state: { ...state, isOpen: !state.isOpen } };
    case "s": {
      const next = (QUEUE_SORTS.indexOf(state.order) + 1) % QUEUE_SORTS.length;
      return { state: { ...state, order: QUEUE_SORTS[next] ?? "name" } };
    }
    case "/":
      return { state: { ...state, mode: "filter" } };
    case "escape":
      return { state: { ...state, filter: "" } };
    case "p":
      return { state: asking(state, chosen(state, reports)) };
    default:
      return { state };
  }
}

function typed(state: WatchState, key: string): WatchState {
  const { filter } = state;
  if (key === "enter") return { ...state, mode: "keys" };
  if (key === "escape") return { ...state, mode: "keys", filter: "" };
  if (key === "backspace") return { ...state, filter: filter.slice(0, -1) };
  return key.length === 1 ? { ...state, filter: filter + key } : state;
}

function asking(state: WatchState, report: QueueReport | undefined): WatchState {
  if (!report) return state;
  const { queue } = report;
  return { ...state, queue, mode: "question", question: { change: changeOf(report), queue } };
}

function answered({ question, ...state }: WatchState, key: string): Pressed {
  const after: WatchState = { ...state, mode: "keys", question: undefined };
  return key.toLowerCase() === "y" && question
    ? { state: after, action: question }
    : { state: after };
}

function changeOf({ state }: QueueReport): "pause" | "resume" {
  return state === "paused" ? "resume" : "pause";
}

function chosen(state: WatchState, reports: readonly QueueReport[]): QueueReport | undefined {
  const shown = shownQueues(reports, state);
  return shown.find(({ queue }) => queue === state.queue) ?? shown[0];
}

function moved(state: WatchState, by: number, reports: readonly QueueReport[]): WatchState {
  const shown = shownQueues(reports, state);
  const from = shown.findIndex(({ queue }) => queue === chosen(state, reports)?.queue);
  const to = Math.min(shown.length - 1, Math.max(0, from + by));
  return { ...state, queue: shown[to]?.queue };
}

/** The size of a terminal. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is shown: at most `height` lines, with the chosen queue among them. */
export function watchLines(found: Gathered, state: WatchState, { width, height }: Size): string[] {
  const shown = shownQueues(found.reports, state);
  const current = chosen(state, found.reports);
  const { head, queues } = tableLines(shown, width - MARK.length);
  const blocks = queues.map(({ report, row, reason }) => {
    const isCurrent = report === current;
    const details = isCurrent && state.isOpen ? detailsOf(report, found) : [];
    const lines = [...(reason === undefined ? [] : [reason]), ...details];
    return [(isCurrent ? MARK : NO_MARK) + row, ...lines.map((line) => NO_MARK + line)];
  });
  const foot = [summary(found), footOf(state)];
  const room = Math.max(1, height - foot.length - 1);
  const index = current ? shown.indexOf(current) : 0;
  return [NO_MARK + head, ...around(blocks, index, room), ...foot]
    .map((line) => cutEnd(printable(line), width));
}

const MARK = "> ";
const NO_MARK = "  ";
const HELP = "j k row, Enter details, s order, / filter, p pause, q quit";
/** The most errors, and the most events that run, that are shown of a queue. */
const MOST_DETAILS = 5;

/** The blocks about the chosen one, in as many lines as there are. */
function around(blocks: readonly (readonly string[])[], index: number, room: number): string[] {
  let from = index;
  let lines = blocks[index]?.length ?? 0;
  while (from > 0 && lines + (blocks[from - 1]?.length ?? 0) <= room) {
    lines += blocks[--from]?.length ?? 0;
  }
  return blocks.slice(from).flat().slice(0, room);
}

function footOf(state: WatchState): string {
  if (state.mode === "filter") return `/${state.filter}`;
  if (state.question) {
    const { change, queue } = state.question;
    const verb = change === "pause" ? "Pause" : "Resume";
    return `${verb} ${queue} in the processes of this host? [y/N]`;
  }
  if (state.notice !== "") return state.notice;
  const filter = state.filter === "" ? "" : `, only *${state.filter}*`;
  return `by ${state.order}${filter}. ${HELP}`;
}

/** What runs in a queue and what fails in it, and the command to repair it. */
function detailsOf({ queue, failed }: QueueReport, { processes }: Gathered): string[] {
  const all = snapshotsOf(queue, processes);
  const running = all.flatMap((one) => one.running)
    .toSorted((a, b) => b.age_seconds - a.age_seconds);
  const groups = all.flatMap((one) => one.groups).toSorted((a, b) => b.count - a.count);
  const details = [
    ...running.slice(0, MOST_DETAILS).map(({ id, age_seconds, attempt }) =>
      `${id || "an event"} runs for ${duration(age_seconds)}, attempt ${attempt}`
    ),
    ...groups.slice(0, MOST_DETAILS).map(({ fingerprint, count, name, message }) =>
      `${fingerprint} ${grouped(count)} × ${name}: ${message}`
    ),
  ];
  const repair = failed === 0 ? [] : [`process-queue failed groups ${queue}`];
  return [...(details.length === 0 ? ["nothing runs, and nothing has failed"] : details), ...repair]
    .map((line) => `    ${line}`);
}
