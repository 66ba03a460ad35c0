/**
 * The end of a thread without the secrets of the events that ran in it.
 *
 * @module
 */

import { hiddenError } from "../../errors/error_data.ts";
import type { Executor } from "../executor/executor.ts";
import { EventSecrets } from "../settle/event_secrets.ts";
import type { ThreadEnd } from "../thread/thread_end.ts";

/**
 * The end with an error that can be shown.
 *
 * @param executor Runs the worker, if that is known.
 */
export function hiddenEnd(
  end: ThreadEnd,
  executor: Pick<Executor, "description" | "running"> | undefined,
): ThreadEnd {
  if (!executor || !("error" in end)) return end;
  const secrets = new EventSecrets(executor.description.secrets);
  if (secrets.areNone) return end;
  const hide = secrets.hideOf(executor.running().map(({ job }) => job));
  return { ...end, error: hiddenError(end.error, hide) };
}
