/**
 * The program's own HTTP server, as a part of the configuration.
 *
 * @module
 */

import { isLoopback, type ListenAddress, parseListenAddress } from "./listen_address.ts";
import type { SettingsReader } from "./reader.ts";
import { SERVER } from "./server_settings.ts";

/** The program's own HTTP server. */
export interface ServerConfig {
  /** `undefined`: there is no server. */
  readonly address: ListenAddress | undefined;
  /** The path before all others. @default {""} */
  readonly basePath: string;
  /** Further names of the server, in lower case. */
  readonly hosts: readonly string[];
  /** The file of the token for everything; `undefined`: one that the program makes. */
  readonly tokenFile: string | undefined;
  /** The file of the token that may only read. */
  readonly readTokenFile: string | undefined;
  /** Whether numbers are for everybody. @default {false} */
  readonly metricsOpen: boolean;
  /** The most queues with metrics of their own. @default {200} */
  readonly mostMetricsQueues: number;
}

/** Reads the settings of the HTTP server. Beyond loopback it needs a token of the operator's. */
export function readServer(reader: SettingsReader): ServerConfig {
  const text = reader.readOptional(SERVER.address);
  const address = text === undefined ? undefined : parseListenAddress(text);
  const hosts = reader.readOptional(SERVER.hosts) ?? "";
  const tokenFile = reader.readOptional(SERVER.tokenFile);
  if (address && !isLoopback(address.host) && tokenFile === undefined) {
    reader.problems.push({
      setting: SERVER.tokenFile.name,
      wrong: `it is not set, and HTTP is open beyond this machine (${text})`,
      fix: "set it to a file with a token, or HTTP to a port alone",
    });
  }
  return {
    address,
    basePath: reader.readOptional(SERVER.basePath) ?? "",
    hosts: hosts.split(",").map((name) => name.trim().toLowerCase()).filter((name) => name !== ""),
    tokenFile,
    readTokenFile: reader.readOptional(SERVER.readTokenFile),
    metricsOpen: reader.read(SERVER.metricsOpen),
    mostMetricsQueues: reader.read(SERVER.mostMetricsQueues),
  };
}
