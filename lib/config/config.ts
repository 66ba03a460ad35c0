/**
 * The configuration: the environment and the options of the command line as one typed, validated
 * value. It is read once, and all its problems are reported together.
 *
 * @module
 */

import { type BotConfig, readBots } from "./bot_config.ts";
import { BROKER, type BrokerKind, type QueueType } from "./broker_settings.ts";
import { brokerUrl } from "./broker_url.ts";
import { MAIL } from "./mail_settings.ts";
import { type MailConfig, readMail, readSite, type SiteConfig } from "./mail_config.ts";
import { type MirrorServerConfig, readMirrorServer } from "./mirror_server_config.ts";
import { type Environment, FILE_PROBLEMS, WARNINGS } from "./environment.ts";
import { GENERAL } from "./general_settings.ts";
import { type HttpConfig, readHttp } from "./http_config.ts";
import type { LogFormat, LogLevel } from "./log_choices.ts";
import { type PreviewConfig, readPreviews } from "./preview_config.ts";
import { ConfigError, type Problem } from "./problem.ts";
import { type PushConfig, readPush } from "./push_config.ts";
import { type QueueSettings, readQueueSettings } from "./queues.ts";
import { type EffectiveSetting, SettingsReader } from "./reader.ts";
import { readRealtime, type RealtimeConfig } from "./realtime_config.ts";
import { SENTRY, type TraceRate } from "./sentry_settings.ts";
import { readServer, type ServerConfig } from "./server_config.ts";
import type { ConfigFlags } from "./setting.ts";
import { readUploads, type UploadConfig } from "./upload_config.ts";

/** The address of RabbitMQ, and how to use it. */
export interface BrokerConfig {
  /** Which broker `BROKER` says is meant; `undefined`: it is not set. */
  readonly kind: BrokerKind | undefined;
  /**
   * A complete `amqp://` or `amqps://` URL with user and password, so a secret, or several with
   * commas between them; `undefined` for the embedded broker.
   */
  readonly url: string | undefined;
  /** A file with the certificate (PEM) of the broker's authority; `undefined`: the system's. */
  readonly caFile: string | undefined;
  /** A file with a certificate (PEM) of this program; `undefined`: none. */
  readonly certFile: string | undefined;
  /** A file with the key of that certificate. */
  readonly keyFile: string | undefined;
  /** The type of queues that are created. @default {"classic"} */
  readonly queueType: QueueType;
  /** Seconds to wait at start for a broker that cannot be reached. @default {60} */
  readonly waitSeconds: number;
  /** Seconds after which an unconfirmed publish fails. @default {30} */
  readonly publishTimeoutSeconds: number;
}

/** The format and the level of the log. */
export interface LogConfig {
  /** `undefined`: text on a terminal, else JSON. */
  readonly format: LogFormat | undefined;
  /** @default {"info"} */
  readonly level: LogLevel;
}

/** Sentry: its address, and how much is traced. */
export interface SentryConfig {
  /** `undefined`: nowhere. A secret. */
  readonly dsn: string | undefined;
  /** @default {"production"} */
  readonly environment: string;
  /** Which part of the events is traced, from 0 to 1: of all queues, or by queue. @default {0} */
  readonly traceRate: TraceRate;
}

/** Limits of one event, and of all events that are taken at once. */
export interface Limits {
  /** Bytes of a body. @default {16 MiB} */
  readonly maxEventBytes: number;
  /** Levels to which the JSON of a body may be nested. @default {1000} */
  readonly maxEventDepth: number;
  /** Bytes of an event's headers. @default {45056, which is also the most} */
  readonly maxHeaderBytes: number;
  /** Bytes of all bodies that are in flight. @default {64 MiB} */
  readonly windowBytes: number;
  /** Seconds an event may wait here for its turn. @default {60} */
  readonly windowSeconds: number;
}

/** How often a worker's thread that fails is restarted. */
export interface RestartConfig {
  /** Failures within `seconds`, beyond which the queue is parked. @default {10} */
  readonly most: number;
  /** @default {300} */
  readonly seconds: number;
  /** Seconds until a parked queue is tried again. @default {300} */
  readonly parkSeconds: number;
}

/** The program's configuration. Every path in it is absolute. */
export interface Config extends QueueSettings {
  /** The address of RabbitMQ, and how to use it. */
  readonly broker: BrokerConfig;
  /** Zulip's `USING_RABBITMQ`: without it there are no queue workers. @default {true} */
  readonly usingRabbitmq: boolean;
  /**
   * `postgres://…`, `postgresql://…` or `sqlite:…`; may hold a password, so a secret.
   * @default {"sqlite:<stateDir>/process-queue.sqlite"}
   */
  readonly databaseUrl: string;
  /** The folder for the files that must survive a crash. @default {"var" in the working folder} */
  readonly stateDir: string;
  /** The folder of the statistics. @default {"<stateDir>/stats"} */
  readonly statsDir: string;
  /** The folder to which dead letters are written as well; `undefined`: nowhere. */
  readonly errorDir: string | undefined;
  /** A folder of the user's own workers. */
  readonly workersDir: string | undefined;
  /** Whether others may write that folder. @default {false} */
  readonly allowUnsafeFolder: boolean;
  /** The file of the test worker. @default {"/var/log/zulip/zulip-worker-test-file", Zulip's} */
  readonly testFile: string;
  /** The format and the level of the log. */
  readonly log: LogConfig;
  /** Sentry: its address, and how much is traced. */
  readonly sentry: SentryConfig;
  /** The Zulip server as its users know it. */
  readonly site: SiteConfig;
  /** The SMTP server, and what mails are made of. */
  readonly mail: MailConfig;
  /** The server that takes mails for the queue `email_mirror`. */
  readonly mirrorServer: MirrorServerConfig;
  /** How pushes to phones are sent. */
  readonly push: PushConfig;
  /** Calls to servers whose addresses users give. */
  readonly http: HttpConfig;
  /** Link previews. */
  readonly previews: PreviewConfig;
  /** Outgoing webhooks and embedded bots. */
  readonly bots: BotConfig;
  /** Where uploaded files are. */
  readonly uploads: UploadConfig;
  /** The event server. */
  readonly realtime: RealtimeConfig;
  /** The program's own HTTP server. */
  readonly server: ServerConfig;
  /** Days for which effects that must not be repeated are known. @default {30} */
  readonly effectsDays: number;
  /** Limits of one event, and of all events that are taken at once. */
  readonly limits: Limits;
  /** Seconds an aborted handler gets to return. @default {5} */
  readonly abortGraceSeconds: number;
  /** Seconds running events get to finish at a stop. @default {25} */
  readonly stopGraceSeconds: number;
  /** How often a worker's thread that fails is restarted. */
  readonly restarts: RestartConfig;
  /** Every setting as it is in effect, secrets masked, with its source. */
  readonly effective: readonly EffectiveSetting[];
  /** The problems of the settings; none in the result of {@linkcode loadConfig}. */
  readonly problems: readonly Problem[];
  /** Variables of the environment that may be mistyped settings. */
  readonly warnings: readonly string[];
}

/**
 * Makes the configuration. It must have no problem.
 *
 * @param environment Variables by name; those that are not settings are ignored.
 * @param flags Options of the command line, which override the variables.
 * @throws {ConfigError} With every problem there is.
 */
export function loadConfig(environment: Environment, flags: ConfigFlags = {}): Config {
  const config = readConfig(environment, flags);
  if (config.problems.length > 0) throw new ConfigError(config.problems);
  return config;
}

/**
 * Makes the configuration, also when it has problems, so that a caller can report more of them at
 * once. A setting that is wrong has its default, or none. It reads only its arguments and, for
 * relative paths, the working folder.
 *
 * @param environment Variables by name; those that are not settings are ignored.
 * @param flags Options of the command line, which override the variables.
 */
export function readConfig(environment: Environment, flags: ConfigFlags = {}): Config {
  const reader = new SettingsReader(environment, flags);
  return {
    broker: readBroker(reader),
    ...readGeneral(reader),
    ...queueSettings(reader),
    effective: reader.effective,
    problems: [...environment[FILE_PROBLEMS] ?? [], ...reader.problems],
    warnings: environment[WARNINGS] ?? [],
  };
}

function readBroker(reader: SettingsReader): BrokerConfig {
  const kind = reader.readOptional(BROKER.kind);
  return {
    kind,
    url: brokerUrl(reader, kind),
    caFile: reader.readOptional(BROKER.caFile),
    certFile: reader.readOptional(BROKER.certFile),
    keyFile: reader.readOptional(BROKER.keyFile),
    queueType: reader.read(BROKER.queueType),
    waitSeconds: reader.read(BROKER.waitSeconds),
    publishTimeoutSeconds: reader.read(BROKER.publishTimeoutSeconds),
  };
}

function readGeneral(
  reader: SettingsReader,
): Omit<Config, "broker" | "effective" | "problems" | "warnings" | keyof QueueSettings> {
  const usingRabbitmq = reader.read(GENERAL.usingRabbitmq);
  const stateDir = reader.read(GENERAL.stateDir);
  const site = readSite(reader);
  return {
    usingRabbitmq,
    databaseUrl: reader.read(
      GENERAL.databaseUrl,
      `sqlite:${stateDir}/process-queue.sqlite`,
    ),
    stateDir,
    statsDir: reader.read(GENERAL.statsDir, `${stateDir}/stats`),
    errorDir: reader.readOptional(GENERAL.errorDir),
    workersDir: reader.readOptional(GENERAL.workersDir),
    allowUnsafeFolder: reader.read(GENERAL.allowUnsafeFolder),
    testFile: reader.read(GENERAL.testFile),
    log: {
      format: reader.readOptional(GENERAL.logFormat),
      level: reader.read(GENERAL.logLevel),
    },
    sentry: {
      dsn: reader.readOptional(SENTRY.dsn),
      environment: reader.read(SENTRY.environment),
      traceRate: reader.read(SENTRY.traceRate),
    },
    site,
    mail: readMail(reader, site),
    mirrorServer: readMirrorServer(reader, site),
    push: readPush(reader),
    http: readHttp(reader),
    previews: readPreviews(reader),
    bots: readBots(reader),
    uploads: readUploads(reader),
    realtime: readRealtime(reader),
    server: readServer(reader),
    effectsDays: reader.read(MAIL.effectsDays),
    limits: readLimits(reader),
    abortGraceSeconds: reader.read(GENERAL.abortGraceSeconds),
    stopGraceSeconds: reader.read(GENERAL.stopGraceSeconds),
    restarts: {
      most: reader.read(GENERAL.maxRestarts),
      seconds: reader.read(GENERAL.maxRestartsSeconds),
      parkSeconds: reader.read(GENERAL.parkSeconds),
    },
  };
}

function readLimits(reader: SettingsReader): Limits {
  return {
    maxEventBytes: reader.read(GENERAL.maxEventBytes),
    maxEventDepth: reader.read(GENERAL.maxEventDepth),
    maxHeaderBytes: reader.read(GENERAL.maxHeaderBytes),
    windowBytes: reader.read(GENERAL.windowBytes),
    windowSeconds: reader.read(GENERAL.windowSeconds),
  };
}

function queueSettings(reader: SettingsReader): QueueSettings {
  const { shards, queues, queueVariables } = readQueueSettings(reader);
  return { shards, queues, queueVariables };
}
