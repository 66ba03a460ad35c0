/**
 * Changing queues in the processes of this host.
 *
 * @module
 */

import { errorData } from "../../errors/error_data.ts";
import type { ProcessSnapshot } from "../../monitoring/snapshot.ts";
import type { QueueAction, QueueActionResult } from "../../operations/queue_action.ts";
import { successOf } from "../../server/control_client.ts";
import type { FoundSocket } from "../../server/control_folder.ts";
import type { PauseRequest, QueueChange } from "../../server/process_control.ts";
import { type Asked, hasAnswered, type Processes } from "./processes.ts";

/** A queue of a process. */
export interface QueuePlace {
  readonly socket: FoundSocket;
  readonly host: string;
  readonly queue: string;
}

/** The places of queues, in the processes that answered. */
export function placesOf(
  queues: readonly string[],
  asked: readonly Asked<ProcessSnapshot>[],
): QueuePlace[] {
  return asked.filter(hasAnswered).flatMap(({ socket, answer }) =>
    answer.queues.filter(({ queue }) => queues.includes(queue))
      .map(({ queue }) => ({ socket, host: answer.host, queue }))
  );
}

/** Changes a queue in one process. Never rejects. */
export async function changeAt(
  { socket, host, queue }: QueuePlace,
  action: QueueAction,
  { by, reason, seconds }: PauseRequest,
  processes: Pick<Processes, "ask">,
): Promise<QueueActionResult & { readonly pid: number }> {
  const path = `/v1/queues/${encodeURIComponent(queue)}/${action}`;
  const body = { by, ...(action === "pause" ? { reason, seconds } : {}) };
  const asked = await processes.ask(socket, { method: "POST", path, body });
  const result = { pid: socket.pid, host, queue, state: null, consumers_elsewhere: null };
  if (!hasAnswered(asked)) return { ...result, ok: false, error: asked.problem };
  try {
    const changed = successOf(asked.answer) as QueueChange;
    return { ...result, ...changed, ok: true, error: null };
  } catch (error) {
    return { ...result, ok: false, error: errorData(error).message };
  }
}
