/**
 * Runs the programs that make the binary.
 *
 * @module
 */

/** How a program ended. */
export interface CommandResult {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. A program that cannot be started is a failure, too. */
export async function run(
  program: string,
  args: readonly string[],
  cwd: string,
): Promise<CommandResult> {
  try {
    const command = new Deno.Command(program, { args: [...args], cwd, env: { NO_COLOR: "1" } });
    const output = await command.output();
    const [stdout = "", stderr = ""] = [output.stdout, output.stderr]
      .map((bytes) => new TextDecoder().decode(bytes));
    return { success: output.success, stdout, stderr };
  } catch (error) {
    return { success: false, stdout: "", stderr: `${program}: ${(error as Error).message}` };
  }
}
