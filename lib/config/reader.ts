/**
 * Reads settings one by one, and keeps their problems and the source of each value.
 *
 * @module
 */

import { type Environment, FROM_FILE, FROM_ZULIP } from "./environment.ts";
import { MASK, maskUrl } from "./mask.ts";
import type { Problem } from "./problem.ts";
import {
  type ConfigFlags,
  FLAG_NAMES,
  type Kind,
  type Setting,
  type SettingInfo,
} from "./setting.ts";

/** A setting as it is in effect. */
export interface EffectiveSetting {
  readonly name: string;
  /** Its text with secrets masked; `undefined` when it is not set and has no default. */
  readonly value: string | undefined;
  /**
   * Its source: `environment`, `.env`, `default`, a line of a Zulip server's file, or an option such as
   * `--log-level`.
   */
  readonly source: string;
}

/** A setting with a default. */
export type SettingWithDefault<T> = Setting<T> & { readonly default: string };

const SHOWN_CHARACTERS = 60;

/** Reads settings from an environment and the options that override it. */
export class SettingsReader {
  /** The problems of the settings read so far. */
  readonly problems: Problem[] = [];
  /** The settings read so far. */
  readonly effective: EffectiveSetting[] = [];
  readonly #environment: Environment;
  readonly #flags: ConfigFlags;

  /** @param environment Variables by name. @param flags Options that override them. */
  constructor(environment: Environment, flags: ConfigFlags) {
    this.#environment = environment;
    this.#flags = flags;
  }

  /** The names of all variables that are set. */
  get names(): string[] {
    return Object.keys(this.#environment).filter((name) => this.#environment[name] !== undefined);
  }

  /** Reports whether a setting is given. An empty variable counts as none. */
  has(setting: Setting<unknown>): boolean {
    return this.#given(setting) !== undefined;
  }

  /** Reports whether a variable is set to nothing but blanks, and no option overrides it. */
  isEmpty(setting: Setting<unknown>): boolean {
    return !this.hasFlag(setting) && this.#environment[setting.name]?.trim() === "";
  }

  /** Reports whether a setting is given as an option. */
  hasFlag(setting: Setting<unknown>): boolean {
    return this.#flag(setting) !== undefined;
  }

  /** The value; the default where none is given or it is wrong. */
  read<T>(setting: SettingWithDefault<T>, defaultText: string = setting.default): T {
    const value = this.readOptional(setting, defaultText);
    return value === undefined ? setting.schema.parse(defaultText) : value;
  }

  /** The value; `undefined` where none is given or it is wrong. */
  readOptional<T>(setting: Setting<T>, defaultText = setting.default): T | undefined {
    const given = this.#given(setting);
    this.#note(setting, given ?? defaultText, this.#source(setting));
    if (given === undefined) return undefined;
    const parsed = setting.schema.safeParse(given);
    if (parsed.success) return parsed.data;
    this.problems.push({ setting: this.#givenAs(setting), ...rejected(setting, given) });
    return undefined;
  }

  /** The text of a variable that is in no table, empty ones included. */
  readText(name: string): string {
    const text = this.#environment[name]?.trim() ?? "";
    this.#note({ name }, text, this.#sourceOf(name));
    return text;
  }

  #given(setting: Setting<unknown>): string | undefined {
    const text = this.#flag(setting) ?? this.#environment[setting.name];
    const given = setting.secret === "whole" ? text : text?.trim();
    return given === "" || setting.notOurs?.test(given ?? "") ? undefined : given;
  }

  #flag(setting: Setting<unknown>): string | undefined {
    return setting.flag && this.#flags[setting.flag];
  }

  #givenAs(setting: Setting<unknown>): string {
    return setting.flag && this.hasFlag(setting) ? FLAG_NAMES[setting.flag] : setting.name;
  }

  #source(setting: Setting<unknown>): string {
    if (!this.has(setting)) return "default";
    const givenAs = this.#givenAs(setting);
    return givenAs === setting.name ? this.#sourceOf(givenAs) : givenAs;
  }

  #sourceOf(name: string): string {
    const zulips = this.#environment[FROM_ZULIP]?.get(name);
    if (zulips !== undefined) return zulips;
    return this.#environment[FROM_FILE]?.has(name) ? ".env" : "environment";
  }

  #note(
    setting: Pick<SettingInfo, "name" | "secret"> & Partial<Kind<unknown>>,
    text: string | undefined,
    source: string,
  ): void {
    const value = text === undefined ? undefined : shown(setting, text);
    this.effective.push({ name: setting.name, value, source });
  }
}

/** The problem with a text that is not of its kind. Secrets stay hidden. */
export function rejected(
  kind: Kind<unknown> & Pick<SettingInfo, "secret">,
  text: string,
): Pick<Problem, "wrong" | "fix"> {
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return {
    wrong: kind.secret ? "its value is not valid" : `"${shown}" is not valid`,
    fix: `set it to ${kind.expected}`,
  };
}

/** The text as it is in effect, with absolute paths and no secret. */
function shown(
  { secret, schema }: Pick<SettingInfo, "secret"> & Partial<Kind<unknown>>,
  text: string,
): string {
  if (secret === "whole") return MASK;
  const { success, data = text } = schema?.safeParse(text) ?? {};
  // In a text that is no URL, the place of the password is unknown.
  if (secret === "password") return success ? maskUrl(String(data)) : MASK;
  return typeof data === "string" ? data : text;
}
