/**
 * What may come next on a command line, by the parser that reads it.
 *
 * @module
 */

import type { Argument, Command as Parser, Option } from "commander";
import { runOptions } from "../options.ts";
import { folded, spelledAsDeclared } from "../spelled.ts";
import { listedCommands, listedOptions } from "../tree.ts";
import { optionNamed, type Place, placeBehind } from "./place.ts";

/** A word that may come next. */
export interface Choice {
  readonly word: string;
  /** What it is for; empty where the word says it. */
  readonly description: string;
}

/** What else may come next, which the parser does not know. */
export type Kind = "queue" | "file" | "folder";

/** What may come next. */
export interface Completion {
  /** The words that begin as what was typed, in the order of the help. */
  readonly choices: readonly Choice[];
  /** `undefined`: only the choices. */
  readonly kind: Kind | undefined;
  /** The part of the typed word that stays, such as `--sort=`. */
  readonly kept: string;
  /** The part of the typed word that is to be completed. */
  readonly typed: string;
  /** The folder of `--workers-dir`, if it was given. */
  readonly workersDir: string | undefined;
}

/** What may come next, before it is compared with what was typed. */
type Expected = Pick<Completion, "choices" | "kind">;

const NOTHING: Expected = { choices: [], kind: undefined };

/** What the names of values stand for, as the help has them. */
const KINDS: Readonly<Record<string, Kind>> = {
  queue: "queue",
  queues: "queue",
  file: "file",
  new: "file",
  folder: "folder",
};

/**
 * Completes a command line.
 *
 * @param words The words behind the name of the program. The last one is to be completed; it may be
 * empty.
 */
export function complete(program: Parser, words: readonly string[]): Completion {
  const spelled = spelledAsDeclared(words, program);
  const place = placeBehind(program, spelled.slice(0, -1));
  const last = words.at(-1) ?? "";
  const workersDir = place.given.get("--workers-dir")?.at(-1);
  const [, kept = "", value = ""] = place.hasEnded ? [] : /^(--[^=]+=)(.*)$/s.exec(last) ?? [];
  if (kept === "") {
    const { choices, kind } = expectedAt(program, place, last);
    return { choices: beginning(choices, last), kind, kept, typed: last, workersDir };
  }
  const [name = ""] = (spelled.at(-1) ?? "").split("=", 1);
  const { choices, kind } = valueOf(optionNamed(program, name));
  return { choices: beginning(choices, value), kind, kept, typed: value, workersDir };
}

function beginning(choices: readonly Choice[], typed: string): Choice[] {
  const start = folded(typed);
  return choices.filter(({ word }) => folded(word).startsWith(start));
}

function expectedAt(program: Parser, place: Place, typed: string): Expected {
  if (place.open && !typed.startsWith("-")) return valueOf(place.open);
  if (typed.startsWith("-") && !place.hasEnded) return optionsAt(place);
  const expected = operandAt(program, place);
  if (expected) return expected;
  return typed === "" && !place.hasEnded ? optionsAt(place) : NOTHING;
}

/** The options that were not given yet, or may be given again. */
function optionsAt({ command, given }: Place): Expected {
  const names = new Map<string, Choice>();
  for (const { long, short, description, variadic } of listedOptions(command)) {
    const word = long ?? short ?? "";
    if (variadic || !given.has(word)) names.set(word, { word, description });
  }
  return { choices: [...names.values()], kind: undefined };
}

/** What a word that is no option may be; `undefined` where none may follow. */
function operandAt(program: Parser, { command, operands, given }: Place): Expected | undefined {
  if (command === program && operands.length === 1 && operands[0] === "help") {
    return namesOf(program.commands);
  }
  if (command.commands.length > 0) {
    const isRun = command === program && runOptions().some(({ long }) => given.has(long ?? ""));
    if (isRun) return undefined;
    return operands.length === 0 ? namesOf(listedCommands(command)) : NOTHING;
  }
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  const next = all[operands.length] ?? (last?.variadic ? last : undefined);
  return next && valueOf(next);
}

function namesOf(commands: readonly Parser[]): Expected {
  const choices = commands.map((each) => ({ word: each.name(), description: each.description() }));
  return { choices, kind: undefined };
}

/** The values of an option or an argument. */
function valueOf(taker: Option | Argument | undefined): Expected {
  if (!taker) return NOTHING;
  const choices = (taker.argChoices ?? []).map((word) => ({ word, description: "" }));
  const name = "flags" in taker ? /[<[]([\w-]+)/.exec(taker.flags)?.[1] : taker.name();
  return { choices, kind: KINDS[name ?? ""] };
}
