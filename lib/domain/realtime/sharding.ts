/**
 * Which of several event servers has a user's queues, as Zulip's file `sharding.json` says.
 *
 * @module
 */

import { z } from "zod";

const port = z.int().min(1).max(65_535);
const ports = z.union([port.transform((one) => [one]), z.array(port).min(1)]);
const hosts = z.record(z.string(), ports);

/** Today's form, or the older one, which is the map of hosts itself. */
const file = z.union([
  z.object({
    shard_map: hosts,
    shard_regexes: z.array(z.tuple([z.string(), ports])).default([]),
  }),
  hosts.transform((shard_map) => ({ shard_map, shard_regexes: [] as [string, number[]][] })),
]);

/** Where users have their queues. */
export interface Sharding {
  /**
   * The port of the server that has a user's queues.
   *
   * @param host The host of the user's realm.
   */
  portOf(host: string, userId: number): number;
}

/**
 * Reads the value of `sharding.json`: the host of a realm decides, else the first pattern that its
 * beginning matches, whatever the case of its letters. A realm with several ports has each user at one
 * of them.
 *
 * @param value Parsed JSON.
 * @param otherwise The port for all other hosts.
 * @throws {Error} When it has another form, or a pattern is no regular expression.
 */
export function readSharding(value: unknown, otherwise: number): Sharding {
  const read = file.safeParse(value);
  if (!read.success) {
    throw new Error(
      "it is no object of shard_map, {host: port or [ports]}, and shard_regexes, " +
        "[[pattern, port or [ports]]]",
    );
  }
  const { shard_map: map, shard_regexes: list } = read.data;
  const patterns = list.map(([pattern, ports]) => ({ pattern: patternOf(pattern), ports }));
  const portsOf = (host: string): readonly number[] =>
    (Object.hasOwn(map, host) ? map[host] : undefined) ??
      patterns.find(({ pattern }) => pattern.test(host))?.ports ?? [otherwise];
  return {
    portOf(host, userId) {
      const all = portsOf(host);
      return all[userId % all.length] ?? otherwise;
    },
  };
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})`, "i");
  } catch {
    throw new Error(`its pattern ${JSON.stringify(text)} is no regular expression`);
  }
}
