/**
 * Whether the machine does other work than the benchmark's, which makes its figures worse.
 *
 * @module
 */

/** CPU time since the start of the machine, in ticks of all CPUs. */
export interface CpuTimes {
  readonly total: number;
  /** Used by anything. */
  readonly used: number;
  /** Taken away by the host of a virtual machine. */
  readonly stolen: number;
  /** Used by the benchmark: this process and all that it started. */
  readonly own: number;
}

/** Parts of the machine's CPU time, from 0 to 1. */
export interface Shares {
  /** Used by other processes. */
  readonly others: number;
  readonly stolen: number;
}

/** The part above which a row is marked. */
const MOST = 0.05;
/** Ticks in which nothing can be said. */
const LEAST_TICKS = 20;
/** The load of a CPU above which there is a warning before the start. */
const MOST_LOAD = 0.25;

/** Measures now. */
export function cpuTimes(): CpuTimes {
  const own = ownTicks(processes(), Deno.pid);
  return { ...parseCpuTimes(Deno.readTextFileSync("/proc/stat")), own };
}

/** Reads the first line of `/proc/stat`. */
export function parseCpuTimes(stat: string): Omit<CpuTimes, "own"> {
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, stolen = 0] =
    (stat.split("\n")[0] ?? "").split(/\s+/).slice(1).map(Number);
  const used = user + nice + system + irq + soft;
  return { total: used + idle + wait + stolen, used, stolen };
}

/** A process of `/proc`. */
export interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Its own ticks and those of its children that have ended. */
  readonly ticks: number;
}

/** Reads `/proc/PID/stat`. */
export function parseProcess(stat: string): ProcessTimes {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid: Number.parseInt(stat), parent: Number(fields[1]), ticks };
}

/** The ticks of a process and of all its descendants. */
export function ownTicks(all: readonly ProcessTimes[], root: number): number {
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const isOwn = (pid: number | undefined): boolean =>
    pid !== undefined && pid !== 0 && (pid === root || isOwn(parents.get(pid)));
  return all.reduce((sum, { pid, ticks }) => isOwn(pid) ? sum + ticks : sum, 0);
}

function processes(): ProcessTimes[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return parseProcess(Deno.readTextFileSync(`/proc/${name}/stat`));
    } catch {
      return []; // It has ended.
    }
  });
}

/** @returns `undefined` when too little time has passed. */
export function sharesBetween(from: CpuTimes, to: CpuTimes): Shares | undefined {
  const total = to.total - from.total;
  if (total < LEAST_TICKS) return undefined;
  const others = to.used - from.used - (to.own - from.own);
  return { others: Math.max(0, others / total), stolen: (to.stolen - from.stolen) / total };
}

/** What to mark a row with; `undefined` when the machine was the benchmark's. */
export function busyMark({ others, stolen }: Shares): string | undefined {
  if (others + stolen <= MOST) return undefined;
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return `busy: others ${percent(others)}, stolen ${percent(stolen)}`;
}

/** What to warn of before the start. @param load The load of the last minute. */
export function busyWarning(load: number, cpus: number): string | undefined {
  if (load <= MOST_LOAD * cpus) return undefined;
  return `The machine is busy: its load is ${
    load.toFixed(1)
  } on ${cpus} CPUs. Rates will be lower ` +
    "and CPU/event higher than they are; rows that were measured beside other work are marked.";
}
