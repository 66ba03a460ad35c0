/**
 * How much of a queue's events is shown.
 *
 * @module
 */

import { dirname } from "node:path";
import type { Config } from "../../config/config.ts";
import { EventSecrets } from "../../engine/settle/event_secrets.ts";
import { secretsView, shape, type View } from "../../operations/failed/view.ts";
import { mayLoad } from "../folders.ts";
import type { KnownQueue, Services } from "../services.ts";

/**
 * The view of a queue's dead letters. The worker is loaded as by `check-config`, and not set up.
 *
 * @param queue The queue's worker; `undefined` where it has none here.
 */
export async function viewOf(
  queue: KnownQueue | undefined,
  config: Config,
  services: Pick<Services, "tryWorker" | "warn">,
): Promise<View> {
  if (!queue) return shape;
  const { problem, secrets } = mayLoad(config, queue.file)
    ? await services.tryWorker(queue, config)
    : { problem: `others may write ${dirname(queue.file)}: see check-config`, secrets: [] };
  if (problem === undefined) return secretsView(new EventSecrets(secrets));
  services.warn(`only types and lengths are shown, as the worker is not loaded: ${problem}`);
  return shape;
}
