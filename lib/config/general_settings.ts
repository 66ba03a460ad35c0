/**
 * The settings that are not about the broker or a single queue.
 *
 * @module
 */

import { absoluteAddress } from "../domain/database/address.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./log_choices.ts";
import { type Kind, oneOf, path, type Setting, textThat, wholeNumber, yesOrNo } from "./setting.ts";

/** RabbitMQ's own limit of a message. */
const MOST_EVENT_BYTES = 512 * 1024 * 1024;
/** The publisher's headers and ours together must stay under amqplib's 64 KB. */
const MOST_HEADER_BYTES = 45_056;

/** The settings that are not about the broker or one queue. */
export const GENERAL = {
  usingRabbitmq: {
    name: "USING_RABBITMQ",
    default: "true",
    description: "false is for applications that run events inline; queue workers refuse it",
    ...yesOrNo(),
  },
  databaseUrl: {
    name: "DATABASE_URL",
    default: "sqlite:<STATE_DIR>/process-queue.sqlite",
    description: "The database: postgres://user:password@host/database, or sqlite:path",
    secret: "password",
    ...databaseUrl(),
  },
  stateDir: {
    name: "STATE_DIR",
    default: "./var",
    description: "The folder for the files that must survive a crash",
    ...path("the path of a folder"),
  },
  statsDir: {
    name: "QUEUE_STATS_DIR",
    default: "<STATE_DIR>/stats",
    description: "The folder for each queue's statistics, <queue>.stats",
    ...path("the path of a folder"),
  },
  errorDir: {
    name: "QUEUE_ERROR_DIR",
    default: undefined,
    description: "If set, dead letters are also written there, to <queue>.errors",
    ...path("the path of a folder"),
  },
  workersDir: {
    name: "WORKERS_DIR",
    flag: "workersDir",
    default: undefined,
    description: "A folder of your own workers, one file for each queue",
    ...path("the path of a folder"),
  },
  allowUnsafeFolder: {
    name: "ALLOW_UNSAFE_FOLDER",
    flag: "allowUnsafeFolder",
    default: "false",
    description: "true runs workers of a folder that others than this user and root may write",
    ...yesOrNo(),
  },
  testFile: {
    name: "ZULIP_WORKER_TEST_FILE",
    default: "/var/log/zulip/zulip-worker-test-file",
    description: "The file to which the worker of the queue test appends its events",
    ...path("the path of a file"),
  },
  logFormat: {
    name: "LOG_FORMAT",
    flag: "logFormat",
    default: undefined,
    description: "json or text; if not set, text on a terminal and json elsewhere",
    ...oneOf<LogFormat>(...LOG_FORMATS),
  },
  logLevel: {
    name: "LOG_LEVEL",
    flag: "logLevel",
    default: "info",
    description: "The lowest level that is logged: debug, info, warning or error",
    ...oneOf<LogLevel>(...LOG_LEVELS),
  },
  maxEventBytes: {
    name: "MAX_EVENT_BYTES",
    default: "16777216",
    description: "The largest body of an event, in bytes; a larger one is dead-lettered",
    ...wholeNumber(1, MOST_EVENT_BYTES),
  },
  maxEventDepth: {
    name: "MAX_EVENT_DEPTH",
    default: "1000",
    description: "How deep the JSON of an event may be nested; a deeper one is dead-lettered",
    ...wholeNumber(1, 100_000),
  },
  maxHeaderBytes: {
    name: "MAX_HEADER_BYTES",
    default: "45056",
    description:
      "The largest headers of an event, in bytes; an event with larger ones is dead-lettered",
    ...wholeNumber(1024, MOST_HEADER_BYTES),
  },
  windowBytes: {
    name: "WINDOW_BYTES",
    default: "67108864",
    description: "The largest total size of all events in flight, in bytes",
    ...wholeNumber(1024, 4 * 1024 ** 3),
  },
  windowSeconds: {
    name: "WINDOW_SECONDS",
    default: "60",
    description: "Seconds after which an event that has not started is released to the broker",
    ...wholeNumber(1, 1200),
  },
  abortGraceSeconds: {
    name: "ABORT_GRACE_SECONDS",
    default: "5",
    description:
      "Seconds that an aborted handler has to return; at least 1 where several run at once",
    ...wholeNumber(0, 300),
  },
  stopGraceSeconds: {
    name: "STOP_GRACE_SECONDS",
    default: "25",
    description: "Seconds that running events have to finish when the program stops",
    ...wholeNumber(0, 3600),
  },
  maxRestarts: {
    name: "MAX_RESTARTS",
    default: "10",
    description: "How often a worker's thread may fail within MAX_RESTARTS_SECONDS, and be " +
      "restarted, before its queue is parked",
    ...wholeNumber(0, 1000),
  },
  maxRestartsSeconds: {
    name: "MAX_RESTARTS_SECONDS",
    default: "300",
    description: "Seconds for which a failure counts towards MAX_RESTARTS",
    ...wholeNumber(1, 86_400),
  },
  parkSeconds: {
    name: "PARK_SECONDS",
    default: "300",
    description: "Seconds until a parked queue is tried again",
    ...wholeNumber(1, 86_400),
  },
} as const satisfies Record<string, Setting<unknown>>;

function databaseUrl(): Kind<string> {
  const { schema, expected } = textThat(
    isDatabaseUrl,
    "postgres://user:password@host/database or sqlite:path, " +
      "with what is not a letter or digit in user and password percent-encoded",
  );
  return { schema: schema.transform(absoluteAddress), expected };
}

function isDatabaseUrl(text: string): boolean {
  if (/^sqlite:./.test(text)) return true;
  return /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text);
}
