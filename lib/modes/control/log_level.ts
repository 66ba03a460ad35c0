/**
 * The command `log-level`: logs from another level on for a while.
 *
 * @module
 */

import type { LogLevelCommand } from "../../command_line/process_commands.ts";
import { duration } from "../../command_line/terminal/humanize.ts";
import type { Config } from "../../config/config.ts";
import { errorData } from "../../errors/error_data.ts";
import { isoTime, SCHEMA } from "../../monitoring/snapshot.ts";
import { successOf } from "../../server/control_client.ts";
import type { FoundSocket } from "../../server/control_folder.ts";
import { EXIT } from "../../system/signals.ts";
import { OUTPUT, type Output } from "./output.ts";
import { hasAnswered, Processes, whoAsks } from "./processes.ts";

/**
 * Sets the level in every process of this host. It is the configured one again after a while, so that
 * `debug` is never forgotten.
 *
 * @returns 0, or 1 where a process did not do it, and where there is none.
 */
export async function runLogLevel(
  command: LogLevelCommand,
  config: Pick<Config, "stateDir">,
  { print, warn }: Output = OUTPUT,
): Promise<number> {
  const { level, seconds, pid, json } = command;
  const processes = new Processes(config, command.timeoutSeconds);
  const sockets = processes.sockets(pid);
  if (sockets.length === 0) warn(processes.noneText(pid));
  const results = await Promise.all(sockets.map((socket) => setLevel(command, socket, processes)));
  if (json) print(JSON.stringify({ schema: SCHEMA, at: isoTime(Date.now()), results }));
  for (const { pid, error } of json ? [] : results) {
    print(
      error === null
        ? `process ${pid} logs from ${level} on for ${duration(seconds)}`
        : `process ${pid} failed: ${error}`,
    );
  }
  return results.length > 0 && results.every(({ ok }) => ok) ? EXIT.stopped : EXIT.failed;
}

async function setLevel(
  { level, seconds }: LogLevelCommand,
  socket: FoundSocket,
  processes: Processes,
): Promise<{ pid: number; ok: boolean; error: string | null }> {
  const body = { level, seconds, by: whoAsks() };
  const asked = await processes.ask(socket, { method: "POST", path: "/v1/log-level", body });
  const { pid } = socket;
  if (!hasAnswered(asked)) return { pid, ok: false, error: asked.problem };
  try {
    successOf(asked.answer);
    return { pid, ok: true, error: null };
  } catch (error) {
    return { pid, ok: false, error: errorData(error).message };
  }
}
