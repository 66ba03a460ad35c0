/**
 * The command `manual`: the page of the manual.
 *
 * @module
 */

import { manualPage } from "../command_line/manual/page.ts";
import { makeProgram } from "../command_line/program.ts";
import { VERSION } from "../system/version.ts";
import type { Services } from "./services.ts";

/** Prints the page. @returns The exit code 0. */
export function runManual({ print }: Pick<Services, "print">): number {
  print(manualPage(makeProgram(() => {}), VERSION).trimEnd());
  return 0;
}
