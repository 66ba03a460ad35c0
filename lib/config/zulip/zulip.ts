/**
 * The configuration of a Zulip server as settings of this program: `zulip.conf`,
 * `zulip-secrets.conf` and the plain assignments of `settings.py`. The files are only read, and their
 * secrets are kept nowhere but in the configuration.
 *
 * @module
 */

import { statSync } from "node:fs";
import { join } from "node:path";
import { ConfigError, type Problem } from "../problem.ts";
import { readTextFile } from "../text_file.ts";
import { databaseUrl } from "./database_url.ts";
import { parseIni } from "./ini.ts";
import type { PythonValue } from "./python_literal.ts";
import { PythonSyntaxError } from "./python_tokens.ts";
import { type Assignments, assignmentsIn } from "./settings_py.ts";

/** A setting and where it was found. */
export interface ZulipValue {
  /** As it would be in the environment. */
  readonly text: string;
  /** Such as `settings.py line 12`. */
  readonly source: string;
}

/** A name to which something else than a plain value is assigned. */
export interface Computed {
  readonly name: string;
  /** The file and the line. */
  readonly place: string;
}

/** What the files of a Zulip server say. */
export interface ZulipSettings {
  /** By the names of this program's settings. */
  readonly values: ReadonlyMap<string, ZulipValue>;
  /** The settings whose value is not known, and what `settings.py` computes for them. */
  readonly unknown: ReadonlyMap<string, Computed>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
}

/** The files, as texts. */
export interface ZulipFiles {
  readonly folder: string;
  /** `zulip.conf` */
  readonly conf: string;
  /** `zulip-secrets.conf` */
  readonly secrets: string;
  /** `settings.py` */
  readonly settings: string;
}

const CONF = "zulip.conf";
const SECRETS = "zulip-secrets.conf";
const SETTINGS_PY = "settings.py";
/** The bits of a file's mode that let everybody read it. */
const OTHERS_READ = 0o004;

/** The settings by their keys in the section `secrets`. */
const FROM_SECRETS: Readonly<Record<string, string>> = {
  rabbitmq_password: "RABBITMQ_PASSWORD",
  email_password: "EMAIL_HOST_PASSWORD",
  zulip_org_id: "ZULIP_ORG_ID",
  zulip_org_key: "ZULIP_ORG_KEY",
  apns_token_key_id: "APNS_TOKEN_KEY_ID",
  apns_team_id: "APNS_TEAM_ID",
  camo_key: "CAMO_KEY",
  shared_secret: "SHARED_SECRET",
};
/** The settings by section and key of `zulip.conf`. */
const FROM_CONF: readonly (readonly [section: string, key: string, setting: string])[] = [
  ["application_server", "mobile_notification_shards", "MOBILE_NOTIFICATIONS_SHARDS"],
  ["application_server", "user_activity_shards", "USER_ACTIVITY_SHARDS"],
  [
    "application_server",
    "dedicated_soft_reactivation_queue",
    "DEDICATED_SOFT_REACTIVATION_QUEUE",
  ],
];
/** Where a Zulip server has what this program would keep elsewhere, and what Zulip takes for granted. */
const ALWAYS: Readonly<Record<string, string>> = {
  RABBITMQ_HOST: "127.0.0.1",
  LOG_FORMAT: "text",
  QUEUE_STATS_DIR: "/var/log/zulip/queue_stats",
  QUEUE_ERROR_DIR: "/var/log/zulip/queue_error",
};
/** Names of `settings.py` that become other settings here. */
const BOUNCER = "PUSH_NOTIFICATION_BOUNCER_URL";
const POSTGRES = ["REMOTE_POSTGRES_HOST", "REMOTE_POSTGRES_PORT", "REMOTE_POSTGRES_SSLMODE"];
/** What to set here instead of such a name. */
const SET_INSTEAD: ReadonlyMap<string, string> = new Map([
  ...POSTGRES.map((name) => [name, "DATABASE_URL"] as const),
  [BOUNCER, "ZULIP_SERVICES_URL"],
]);

/**
 * Reads the files.
 *
 * @param folder Where they are, such as `/etc/zulip`.
 * @param names The settings that `settings.py` may set.
 * @throws {ConfigError} When one cannot be read.
 */
export function readZulip(folder: string, names: readonly string[]): ZulipSettings {
  const settings = zulipSettings({
    folder,
    conf: readFile(folder, CONF),
    secrets: readFile(folder, SECRETS),
    settings: readFile(folder, SETTINGS_PY),
  }, names);
  const secrets = join(folder, SECRETS);
  if ((statSync(secrets).mode & OTHERS_READ) === 0) return settings;
  const open = `every user of this machine can read ${secrets}: run chmod o-rwx ${secrets}`;
  return { ...settings, warnings: [...settings.warnings, open] };
}

/** Reads what the files say. @param names The settings that `settings.py` may set. */
export function zulipSettings(files: ZulipFiles, names: readonly string[]): ZulipSettings {
  const { folder } = files;
  const conf = new IniReader(folder, CONF, files.conf);
  const secrets = new IniReader(folder, SECRETS, files.secrets);
  const python = readSettingsPy(files, names);
  const values = new Map<string, ZulipValue>();
  for (const [name, text] of Object.entries(ALWAYS)) values.set(name, { text, source: "--zulip" });
  conf.copyTo(values, FROM_CONF);
  secrets.copyTo(values, Object.entries(FROM_SECRETS).map(([key, name]) => ["secrets", key, name]));
  setProxy(values, conf);
  for (const [name, value] of python.values) values.set(name, value);
  setBouncer(values);
  setDatabase(values, conf, secrets);
  for (const name of python.unknown.keys()) values.delete(name);
  return {
    values,
    unknown: python.unknown,
    problems: [...conf.problems, ...secrets.problems, ...python.problems],
    warnings: python.warnings,
  };
}

function readFile(folder: string, name: string): string {
  const setting = join(folder, name);
  try {
    return readTextFile(setting);
  } catch (error) {
    const wrong = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    const fix = "run this program as the user of Zulip's server, which is zulip, and name the " +
      "folder of its configuration: --zulip=/etc/zulip";
    throw new ConfigError([{ setting, wrong, fix }]);
  }
}

/** Reads a file in the form of `configparser`. */
class IniReader {
  readonly problems: readonly Problem[];
  readonly #name: string;
  readonly #sections: ReturnType<typeof parseIni>["sections"];

  constructor(folder: string, name: string, text: string) {
    const { sections, mistakes } = parseIni(text);
    this.#name = name;
    this.#sections = sections;
    this.problems = mistakes.map((line) => ({
      setting: `${join(folder, name)} line ${line}`,
      wrong: "is neither [section] nor key = value below one",
      fix: "write it so, or begin the line with # to make it a comment",
    }));
  }

  /** A value that is not empty. */
  get(section: string, key: string): ZulipValue | undefined {
    const found = this.#sections.get(section)?.get(key);
    if (!found || found.value === "") return undefined;
    return { text: found.value, source: `${this.#name} line ${found.line}` };
  }

  /** Copies the values that are there. */
  copyTo(
    values: Map<string, ZulipValue>,
    keys: readonly (readonly [section: string, key: string, setting: string])[],
  ): void {
    for (const [section, key, setting] of keys) {
      const found = this.get(section, key);
      if (found) values.set(setting, found);
    }
  }
}

interface SettingsPy extends Omit<ZulipSettings, "values"> {
  readonly values: ReadonlyMap<string, ZulipValue>;
}

function readSettingsPy({ folder, settings }: ZulipFiles, names: readonly string[]): SettingsPy {
  const path = join(folder, SETTINGS_PY);
  try {
    const wanted = new Set([...names, ...POSTGRES, BOUNCER]);
    return known(path, assignmentsIn(settings, wanted));
  } catch (error) {
    if (!(error instanceof PythonSyntaxError)) throw error;
    const setting = `${path} line ${error.line}`;
    const fix = "correct it as Python wants it, and restart Zulip's server, too";
    const problems = [{ setting, wrong: error.message, fix }];
    return { values: new Map(), unknown: new Map(), problems, warnings: [] };
  }
}

function known(path: string, { names, starImports }: Assignments): SettingsPy {
  const values = new Map<string, ZulipValue>();
  const unknown = new Map<string, Computed>();
  for (const [name, assigned] of names) {
    if (assigned.kind === "other") {
      const place = `${path} line ${assigned.line}`;
      unknown.set(SET_INSTEAD.get(name) ?? name, { name, place });
    } else {
      const source = `${SETTINGS_PY} line ${assigned.line}`;
      values.set(name, { text: textOf(assigned.value), source });
    }
  }
  const warnings = starImports.map((line) =>
    `${path} line ${line} imports names, which are not read: set those of process-queue as ` +
    `variables of the environment`
  );
  return { values, unknown, problems: [], warnings };
}

/** The value as the environment has it: an empty text is none. */
function textOf(value: PythonValue): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Zulip's own processes get the proxy as variables, from the same place. */
function setProxy(values: Map<string, ZulipValue>, conf: IniReader): void {
  const host = conf.get("http_proxy", "host");
  if (!host) return;
  const { text: port = "4750" } = conf.get("http_proxy", "port") ?? {};
  for (const name of ["HTTP_proxy", "HTTPS_proxy"]) {
    values.set(name, { text: `http://${host.text}:${port}`, source: host.source });
  }
}

/** The name that the bouncer's address had before there were other services. */
function setBouncer(values: Map<string, ZulipValue>): void {
  const bouncer = values.get(BOUNCER);
  values.delete(BOUNCER);
  if (!bouncer || bouncer.text === "") return;
  const on = { text: "true", source: bouncer.source };
  if (!values.has("ZULIP_SERVICES_URL")) values.set("ZULIP_SERVICES_URL", bouncer);
  const push = "ZULIP_SERVICE_PUSH_NOTIFICATIONS";
  if (!values.has(push)) values.set(push, on);
}

function setDatabase(values: Map<string, ZulipValue>, conf: IniReader, secrets: IniReader): void {
  const [host, port, sslMode] = POSTGRES.map((name) => values.get(name)?.text || undefined);
  const url = databaseUrl({
    user: conf.get("postgresql", "database_user")?.text,
    database: conf.get("postgresql", "database_name")?.text,
    password: secrets.get("secrets", "postgres_password")?.text,
    ...{ host, port, sslMode },
  });
  const source = host === undefined ? "--zulip" : values.get("REMOTE_POSTGRES_HOST")?.source;
  for (const name of POSTGRES) values.delete(name);
  values.set("DATABASE_URL", { text: url, source: source ?? "--zulip" });
}
