/**
 * The words of Zulip's `manage.py process_queue` that mean nothing here: accepted, so that its
 * supervisor starts this program with nothing changed but the path.
 *
 * @module
 */

import { type Command as Parser, Option } from "commander";

/** The name of the command, which comes first. */
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
  afterCommand(args: readonly string[]): readonly string[] {
    if (args[0] !== COMMAND) return args;
    this.#given.add(COMMAND);
    return args.slice(1);
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
