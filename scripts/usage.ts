/** The command line of a script. */

/**
 * Reads the command line. For `--help` it prints the usage and ends the script with 0, for a mistake
 * it also prints the message, and ends the script with 2.
 *
 * @param usage Begins with `usage:`.
 * @param read Throws a `TypeError` for a mistake.
 */
export function orUsage<Options>(usage: string, read: () => Options): Options {
  if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
    console.log(usage);
    Deno.exit(0);
  }
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n${usage}`);
    Deno.exit(2);
  }
}
