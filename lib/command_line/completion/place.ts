/**
 * Where a command line has got to: which command it names, and whose value comes next.
 *
 * @module
 */

import type { Command as Parser, Option } from "commander";
import { forEachCommand } from "../tree.ts";

/** The place behind some words. */
export interface Place {
  /** The innermost command that is named. */
  readonly command: Parser;
  /** The words that are neither options, their values nor commands. */
  readonly operands: readonly string[];
  /** The option whose value comes next, if one does. */
  readonly open: Option | undefined;
  /** Whether `--` was there: no options come behind it. */
  readonly hasEnded: boolean;
  /** The values of options by their names; an option without a value has an empty list. */
  readonly given: ReadonlyMap<string, readonly string[]>;
}

/**
 * Finds the place behind some words.
 *
 * @param words The words behind the name of the program, with options spelled as they are declared.
 */
export function placeBehind(program: Parser, words: readonly string[]): Place {
  const walk = new Walk(program);
  for (const word of words) walk.take(word);
  return walk;
}

/** The option of this name, of whichever command. @param name With its dashes. */
export function optionNamed(program: Parser, name: string): Option | undefined {
  let found: Option | undefined;
  forEachCommand(program, (each) => {
    found ??= each.options.find(({ long, short }) => long === name || short === name);
  });
  return found;
}

class Walk implements Place {
  command: Parser;
  readonly operands: string[] = [];
  open: Option | undefined;
  hasEnded = false;
  readonly given = new Map<string, string[]>();
  readonly #program: Parser;

  constructor(program: Parser) {
    this.#program = program;
    this.command = program;
  }

  take(word: string): void {
    if (this.hasEnded) this.operands.push(word);
    else if (word === "--") this.#end();
    else if (/^-./.test(word)) this.#takeOption(word);
    else if (this.open) this.#takeValue(this.open, word);
    else this.#takeOperand(word);
  }

  #end(): void {
    this.hasEnded = true;
    this.open = undefined;
  }

  #takeOption(word: string): void {
    const [, name = "", , value] = /^([^=]*)(=(.*))?$/s.exec(word) ?? [];
    const option = optionNamed(this.#program, name);
    this.#valuesOf(name).push(...(value === undefined ? [] : [value]));
    const takesMore = option !== undefined && (option.required || option.optional);
    this.open = takesMore && value === undefined ? option : undefined;
  }

  #takeValue(option: Option, word: string): void {
    this.#valuesOf(option.long ?? "").push(word);
    if (!option.variadic) this.open = undefined;
  }

  #takeOperand(word: string): void {
    const inner = this.operands.length === 0
      ? this.command.commands.find((each) => each.name() === word)
      : undefined;
    if (inner) this.command = inner;
    else this.operands.push(word);
  }

  #valuesOf(name: string): string[] {
    const values = this.given.get(name) ?? [];
    this.given.set(name, values);
    return values;
  }
}
