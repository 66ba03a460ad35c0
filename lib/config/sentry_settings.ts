/**
 * The settings of Sentry.
 *
 * @module
 */

import { z } from "zod";
import { type Setting, text, textThat } from "./setting.ts";

/** The part of events that is traced, from 0 to 1: for all queues, or by queue. */
export type TraceRate = number | Readonly<Record<string, number>>;

const RATE = z.number().min(0).max(1);
const RATES = z.union([RATE, z.record(z.string(), RATE)]);

/** The settings of Sentry. */
export const SENTRY = {
  dsn: {
    name: "SENTRY_DSN",
    default: undefined,
    description: "If set, errors and traces go to this Sentry project",
    secret: "whole",
    ...textThat(isDsn, "a Sentry DSN, such as https://key@host/1"),
  },
  environment: {
    name: "SENTRY_ENVIRONMENT",
    default: "production",
    description: "The environment that is reported to Sentry",
    ...text("the name of an environment"),
  },
  traceRate: {
    name: "SENTRY_TRACE_WORKER_RATE",
    default: "0",
    description: 'The fraction of events that is traced, from 0 to 1, or by queue: {"test": 0.1}',
    schema: z.string().transform(fromJson).pipe(RATES),
    expected: 'a number from 0 to 1, or a JSON object of such numbers by queue, {"test": 0.1}',
  },
} satisfies Record<string, Setting<string> | Setting<TraceRate>>;

/** Reports whether Sentry's SDK accepts a DSN: it prints one that it refuses, and sends nothing. */
function isDsn(dsn: string): boolean {
  return URL.canParse(dsn) &&
    /^https?:\/\/\w+(:\w*)?@(\[[:.%\w]+\]|[\w.-]+)(:\d+)?\/([^/?#]+\/)*\d+$/.test(dsn);
}

function fromJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
