/**
 * One of several event servers, of which each has the queues of some realms or users.
 *
 * @module
 */

import { ConfigError } from "../../config/problem.ts";
import { readSharding, type Sharding } from "../../domain/realtime/sharding.ts";
import { realmHost } from "../../domain/users/realm_host.ts";
import { errorData } from "../../errors/error_data.ts";
import type { WorkerContext } from "../../worker.ts";
import type { Shard } from "./api.ts";

/** The queue of the event server at a port. */
export function queueAt(port: number): string {
  return `notify_tornado_port_${port}`;
}

/**
 * The event server at a port.
 *
 * @returns `undefined` where there is only one.
 * @throws {ConfigError} When `SHARDING_FILE` cannot be used. Where it does not exist, all realms are at
 * the first port.
 */
export function shardAt(
  port: number | undefined,
  { config, publish }: Pick<WorkerContext, "config" | "publish">,
): Shard | undefined {
  if (port === undefined) return undefined;
  const { realtime: { shardingFile, firstPort }, site: { externalHost } } = config;
  return {
    port,
    sharding: readFile(shardingFile, firstPort),
    hostOf: (realm) => realmHost(realm, externalHost),
    async removeAt(other, userId, queueId) {
      const event = { type: "cleanup_queue", queue_id: queueId };
      await publish(queueAt(other), { event, users: [userId] });
    },
  };
}

function readFile(path: string, firstPort: number): Sharding {
  try {
    return readSharding(JSON.parse(Deno.readTextFileSync(path)), firstPort);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return readSharding({}, firstPort);
    throw new ConfigError([{
      setting: "SHARDING_FILE",
      wrong: `${path} cannot be used: ${errorData(error).message}`,
      fix: "set it to Zulip's sharding.json",
    }]);
  }
}
