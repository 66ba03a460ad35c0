/** Publishes the demo's events with the code of `process-queue publish`. */

import { type Config, loadConfig } from "../../lib/config/config.ts";
import { runPublish } from "../../lib/modes/publish/publish.ts";
import { SystemServices } from "../../lib/modes/system.ts";

class Quiet extends SystemServices {
  override print(): void {}
}

/**
 * Publishes events.
 *
 * @param settings The whole configuration; the environment is ignored.
 * @param onProgress Called with the number of events confirmed so far.
 */
export async function publishAll(
  events: Readonly<Record<string, readonly string[]>>,
  settings: Readonly<Record<string, string>>,
  onProgress: (count: number) => void,
): Promise<void> {
  const config = loadConfig(settings);
  const confirmed = new Map<string, number>();
  const onConfirmed = (queue: string, count: number) => {
    confirmed.set(queue, count);
    onProgress([...confirmed.values()].reduce((sum, each) => sum + each, 0));
  };
  await Promise.all(
    Object.entries(events).map(async ([queue, bodies]) => {
      await publish(queue, bodies, config, (count) => onConfirmed(queue, count));
      onConfirmed(queue, bodies.length);
    }),
  );
}

async function publish(
  queue: string,
  bodies: readonly string[],
  config: Config,
  onConfirmed: (count: number) => void,
): Promise<void> {
  const command = {
    mode: "publish",
    queue,
    event: undefined,
    from: undefined,
    anyQueue: false,
    window: 200,
  } as const;
  const common = { flags: {}, warnings: [] };
  await runPublish({ ...command, ...common }, config, new Quiet(), () => ({
    bytes: new Blob([bodies.join("\n")]).stream(),
    progress: { update: onConfirmed, end() {} },
  }));
}
