/**
 * The words of Zulip's `manage.py process_queue` that mean nothing here: accepted, so that its
 * supervisor starts this program with nothing changed but the path.
 *
 * @module
 */

import { type Command as Parser, Option } from "commander";

/** The name of the command. Only options of `manage.py` itself may be before it. */
const COMMAND = "process_queue";

/** The options of every command of Django's and of Zulip's. */
const OPTIONS: readonly string[] = [
  "--skip-checks",
  "--settings <module>",
  "--pythonpath <path>",
  "--automated",
  "--no-automated",
  "--traceback",
  "--no-traceback",
  "-v, --verbosity <level>",
  "--no-color",
  "--force-color",
];

/** Accepts the words of `manage.py`, and remembers which were given. */
export class ManagePy {
  readonly #given = new Set<string>();

  /** The arguments without the name of the command. */
  withoutCommand(args: readonly string[]): readonly string[] {
    const index = countLeading(args);
    if (args[index] !== COMMAND) return args;
    this.#given.add(COMMAND);
    return args.toSpliced(index, 1);
  }

  /** Has a parser take the options. They are not in its list of options. */
  addTo(parser: Parser): void {
    for (const flags of OPTIONS) {
      const option = new Option(flags).hideHelp();
      parser.addOption(option);
      parser.on(`option:${option.name()}`, () => this.#given.add(`--${option.name()}`));
    }
  }

  /** One line, if there were such words. */
  get warnings(): readonly string[] {
    if (this.#given.size === 0) return [];
    return [`ignored, as only Zulip's manage.py needs it: ${[...this.#given].join(", ")}`];
  }
}

/** How many arguments at the start are options of {@linkcode OPTIONS} and their values. */
function countLeading(args: readonly string[]): number {
  let count = 0;
  for (let option = optionOf(args[0]); option; option = optionOf(args[count])) {
    count += option.required && args[count] === option.named ? 2 : 1;
  }
  return count;
}

/** The option that an argument gives, and what it is called there: `-v` of `-v3`. */
function optionOf(arg = ""): { readonly required: boolean; readonly named: string } | undefined {
  const named = arg.startsWith("--") ? arg.split("=", 1)[0] ?? "" : arg.slice(0, 2);
  const spelled = named.replaceAll("_", "-");
  const option = OPTIONS.map((flags) => new Option(flags))
    .find(({ short, long }) => named !== "" && (short === named || long === spelled));
  return option && { required: option.required, named };
}
