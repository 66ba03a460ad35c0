/**
 * What a connection to RabbitMQ may be told.
 *
 * @module
 */

import type { Reporter } from "../../report.ts";
import type { TlsFiles } from "./certificates.ts";
import type { ConnectionNames } from "./connect_errors.ts";
import type { RabbitSift } from "./sift_channel.ts";

/** The options of a connection to RabbitMQ. */
export interface RabbitmqOptions extends TlsFiles {
  /**
   * `amqp://` or `amqps://`, with user, password and virtual host; with commas between them, the
   * addresses of one cluster.
   */
  readonly url: string;
  /** The type of queues made here. @default {"classic"} */
  readonly queueType?: "classic" | "quorum";
  /** Seconds to wait for a first connection. @default {60} */
  readonly waitSeconds?: number;
  /** Seconds a publish may wait for its confirmation. @default {30} */
  readonly publishTimeoutSeconds?: number;
  /** The connections' name in RabbitMQ's management. @default {"process-queue"} */
  readonly name?: string;
  /** Named in dead letters. @default {""} */
  readonly version?: string;
  readonly report?: Reporter;
  /** The bounds of a sift. @default {those of the sift} */
  readonly sift?: Pick<RabbitSift, "holdMs" | "quorumPrefetch">;
  /** What messages call the settings of the connection. @default {the program's settings} */
  readonly names?: ConnectionNames;
}
