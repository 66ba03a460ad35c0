/**
 * The names of queues for completion: what files say, so that no broker is waited for.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import { printable } from "../../command_line/terminal/text.ts";
import type { Config } from "../../config/config.ts";
import { queueKey } from "../../config/queue_key.ts";
import { shardName } from "../../engine/host/shards.ts";
import type { Services } from "../services.ts";

const STATISTICS = ".stats";

/**
 * The queues that have a worker, their shards, and those that have statistics because they ran on
 * this host. A folder that cannot be read has none. Names that would be read as options or would
 * control the terminal are left out.
 *
 * @returns Their names, sorted.
 */
export async function queueNames(
  { workersDir, statsDir, shards }: Pick<Config, "workersDir" | "statsDir" | "shards">,
  services: Pick<Services, "listQueues">,
): Promise<string[]> {
  const known = await services.listQueues(workersDir);
  const named = known.flatMap(({ name }) => [name, ...shardsOf(name, shards)]);
  const all = new Set([...named, ...withStatistics(statsDir)]);
  return [...all].filter((name) => !name.startsWith("-") && printable(name) === name).sort();
}

function shardsOf(name: string, shards: Config["shards"]): string[] {
  const count = shards.get(queueKey(name)) ?? 1;
  return count === 1 ? [] : Array.from({ length: count }, (_, at) => shardName(name, at + 1));
}

function withStatistics(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith(STATISTICS))
      .map((file) => file.slice(0, -STATISTICS.length));
  } catch {
    return [];
  }
}
