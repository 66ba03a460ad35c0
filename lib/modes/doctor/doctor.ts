/**
 * `process-queue doctor`: what is wrong with an installation, and what mends it.
 *
 * @module
 */

import type { DoctorCommand } from "../../command_line/process_commands.ts";
import { printable } from "../../command_line/terminal/text.ts";
import type { Config } from "../../config/config.ts";
import { counted } from "../../errors/counted.ts";
import { isoTime, SCHEMA } from "../../monitoring/snapshot.ts";
import type { Finding, FindingLevel } from "../../operations/doctor/finding.ts";
import { EXIT } from "../../system/signals.ts";
import type { Services } from "../services.ts";
import { findings } from "./findings.ts";

/**
 * Checks everything and prints what it finds, a line each, and what mends it.
 *
 * @returns 0, or 1 with an error among the findings.
 */
export async function runDoctor(
  { fix, json, timeoutSeconds, management }: DoctorCommand,
  config: Config,
  services: Services,
): Promise<number> {
  const all = await findings(config, services, { fix, timeoutSeconds, management });
  if (json) {
    const value = { schema: SCHEMA, at: isoTime(Date.now()), findings: all };
    services.print(JSON.stringify(value));
  } else for (const line of doctorLines(all)) services.print(printable(line));
  return all.some(({ level }) => level === "error") ? EXIT.failed : EXIT.stopped;
}

const WIDTH = 8;
const NOTHING_TO_ADD = "ok";

/** The answer for people: a line for each finding, below it what mends it, and how many there are. */
export function doctorLines(all: readonly Finding[]): string[] {
  const count = (level: FindingLevel) => all.filter((one) => one.level === level).length;
  return [
    ...all.flatMap(({ level, area, queue, message, fix }) => [
      `${level.padEnd(WIDTH)}${queue === null ? area : `${area} ${queue}`}: ${
        message || NOTHING_TO_ADD
      }`,
      ...(fix === null ? [] : [`${" ".repeat(WIDTH)}${fix}`]),
    ]),
    `${counted(count("error"), "error")}, ${counted(count("warning"), "warning")}`,
  ];
}
