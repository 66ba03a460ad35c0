/**
 * How an error ends the program.
 *
 * @module
 */

import { ConfigError } from "../config/problem.ts";
import { redactText } from "../errors/redact.ts";
import { visible } from "../errors/visible.ts";

/** The text and the exit code of a program that failed. */
export interface Failure {
  /** For stderr, without a newline at its end. */
  readonly text: string;
  /** 2 for a mistake on the command line, also in the value of an option; else 1. */
  readonly exitCode: 1 | 2;
}

/** Errors whose message is written for the user; all others are faults of the program. */
const FOR_USERS: ReadonlySet<string> = new Set([
  "UsageError",
  "ConfigError",
  "BrokerError",
  "KitError",
  "DatabaseError",
  "ListenError",
  "MailSettingError",
  "NotUsingRabbitmqError",
  "PublishError",
  "SavedFileError",
  "StreamError",
  "TemplateError",
  "WorkerDeclarationError",
]);

/** Describes an error that reached the top; an error that is not for users comes with its stack. */
export function failureOf(error: unknown): Failure {
  return { text: `process-queue: ${textOf(error)}`, exitCode: isOfCommandLine(error) ? 2 : 1 };
}

/** The exit code of `check` where it knows nothing of the queues. */
const CHECK_UNKNOWN = 3;

/**
 * The exit code of a command that failed.
 *
 * @param mode The command; `undefined`: not known.
 */
export function failureExitCode(mode: string | undefined, exitCode: number): number {
  // Monitoring systems take 1 and 2 for the state of queues.
  return mode === "check" ? CHECK_UNKNOWN : exitCode;
}

function isOfCommandLine(error: unknown): boolean {
  if (error instanceof ConfigError) {
    return error.problems.every(({ setting }) => setting.startsWith("--"));
  }
  return error instanceof Error && error.name === "UsageError";
}

/** Reports whether an error's message is written for the user, so that no stack is needed. */
export function isForUsers(error: unknown): error is Error {
  return error instanceof Error && FOR_USERS.has(error.name);
}

function textOf(error: unknown): string {
  if (isForUsers(error)) return visible(error.message);
  return redactText(error instanceof Error ? error.stack ?? error.message : String(error));
}
