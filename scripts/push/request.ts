/**
 * What the private push servers have in common: a request as they see it, and its answer.
 *
 * @module
 */

import type { PushReply, PushScript, PushService, PushStep } from "./script.ts";

/** A request that has come whole. */
export interface PushRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** ms since 1970. */
  readonly at: number;
}

/** A service that looks at requests. */
export interface Answering {
  readonly service: PushService;
  /** What a script calls the request by. */
  whatOf(request: PushRequest): string;
  /** The problem with the request; `undefined` if there is none. */
  refusal(request: PushRequest, script: PushScript): PushReply | undefined;
  /** The usual answer to a request that is right. */
  done(request: PushRequest, script: PushScript): PushReply;
  /** The body of an answer with a reason. */
  bodyOf(reply: PushReply): unknown;
}

/** What is answered, and whether the request was done. */
export interface Decision {
  readonly step: PushStep;
  readonly isDone: boolean;
}

/** Requests that were counted for lists of answers. */
export type Counts = Map<string, number>;

/** Decides over one request. */
export function decide(
  answering: Answering,
  request: PushRequest,
  script: PushScript,
  counts: Counts,
): Decision {
  const refusal = answering.refusal(request, script);
  if (refusal) return { step: refusal, isDone: false };
  const scripted = request.method === "GET"
    ? undefined
    : nextStep(answering, request, script, counts);
  if (typeof scripted === "object") return { step: scripted, isDone: scripted.status === 200 };
  if (scripted !== undefined) {
    return { step: scripted, isDone: scripted === "silent" || scripted === "cut-after" };
  }
  return { step: answering.done(request, script), isDone: request.method !== "GET" };
}

function nextStep(
  answering: Answering,
  request: PushRequest,
  { answers = {} }: PushScript,
  counts: Counts,
): PushStep | undefined {
  const own = `${answering.service}:${answering.whatOf(request)}`;
  const name = own in answers ? own : `${answering.service}:*`;
  const steps = answers[name];
  if (!Array.isArray(steps)) return steps as PushStep | undefined;
  const count = counts.get(name) ?? 0;
  counts.set(name, count + 1);
  return steps[count];
}

/** JSON as its value, a form as an object, else the text itself. */
export function bodyOf({ headers, text }: PushRequest): unknown {
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/x-www-form-urlencoded")) {
    return Object.fromEntries(new URLSearchParams(text));
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value of JSON as an object; an empty one if it is not one. */
export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}
