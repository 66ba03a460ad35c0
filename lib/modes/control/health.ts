/**
 * The command `health`: whether the processes of this host are well, for probes of containers.
 *
 * @module
 */

import type { HealthCommand } from "../../command_line/process_commands.ts";
import { printable } from "../../command_line/terminal/text.ts";
import type { Config } from "../../config/config.ts";
import type { Finding } from "../../monitoring/health.ts";
import { isoTime, SCHEMA } from "../../monitoring/snapshot.ts";
import type { FoundSocket } from "../../server/control_folder.ts";
import { PROBE_PATHS } from "../../server/probes.ts";
import { EXIT } from "../../system/signals.ts";
import { OUTPUT, type Output } from "./output.ts";
import { hasAnswered, Processes } from "./processes.ts";

/**
 * Asks the processes.
 *
 * @returns 0 where there is one and all are well, else 1.
 */
export async function runHealth(
  { probe, pid, json, timeoutSeconds }: HealthCommand,
  config: Pick<Config, "stateDir">,
  { print, warn }: Output = OUTPUT,
): Promise<number> {
  const processes = new Processes(config, timeoutSeconds);
  const path = Object.keys(PROBE_PATHS).find((one) => PROBE_PATHS[one] === probe) ?? "";
  const sockets = processes.sockets(pid);
  if (sockets.length === 0) warn(processes.noneText(pid));
  const results = await Promise.all(sockets.map((one) => health(one, path, processes)));
  const isWell = results.length > 0 && results.every(({ ok }) => ok);
  if (json) {
    print(
      JSON.stringify({ schema: SCHEMA, at: isoTime(Date.now()), ok: isWell, processes: results }),
    );
  } else if (isWell) print("ok");
  for (const result of json ? [] : results) {
    for (const { name, problem } of result.findings) {
      print(printable(`process ${result.pid}: ${name}: ${problem}`));
    }
  }
  return isWell ? EXIT.stopped : EXIT.failed;
}

async function health(
  socket: FoundSocket,
  path: string,
  processes: Processes,
): Promise<{ pid: number; ok: boolean; findings: readonly Finding[] }> {
  const request = { method: "GET", path, accept: "application/json" } as const;
  const asked = await processes.ask(socket, request);
  const { pid } = socket;
  if (!hasAnswered(asked)) {
    return { pid, ok: false, findings: [{ name: "process", problem: asked.problem }] };
  }
  const { findings = [] } = asked.answer.body as { findings?: readonly Finding[] };
  return { pid, ok: asked.answer.status === 200, findings };
}
