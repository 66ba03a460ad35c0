/**
 * A push that is sent with a token of ours, and once more where the service says that it has expired.
 *
 * @module
 */

import { unlessAborted } from "../../system/deadline.ts";
import type { ServiceResponse } from "../http/service_fetch.ts";
import type { PushAnswer } from "./push_service.ts";
import { type DeviceOutcome, type PushServiceName, PushUnavailable } from "./push_transport.ts";
import type { AnswerMeaning } from "./refusal.ts";
import type { SharedToken } from "./shared_token.ts";

/** What an answer means. */
export type MeaningOf = (response: ServiceResponse) => AnswerMeaning;

/**
 * Sends with the current token, and with a new one where the service does not accept it any more.
 *
 * @param post Makes the request.
 * @throws {PushUnavailable} When the service refuses our credentials, and what `post` throws.
 * @throws The signal's reason when it is aborted.
 */
export async function withToken(
  name: PushServiceName,
  token: SharedToken,
  post: (token: string) => Promise<PushAnswer>,
  meaningOf: MeaningOf,
  signal: AbortSignal,
): Promise<DeviceOutcome> {
  const first = await currentOf(token, signal);
  const answer = await post(first);
  if (answer.kind !== "answered" || meaningOf(answer.response).kind !== "stale token") {
    return settled(name, answer, meaningOf);
  }
  token.forget(first);
  return settled(name, await post(await currentOf(token, signal)), meaningOf);
}

/**
 * The outcome of a request.
 *
 * @throws {PushUnavailable} When the service refuses our credentials.
 */
export function settled(
  name: PushServiceName,
  answer: PushAnswer,
  meaningOf: MeaningOf,
): DeviceOutcome {
  if (answer.kind !== "answered") return answer;
  const meaning = meaningOf(answer.response);
  if (meaning.kind === "stale token") throw unavailable(name, meaning.reason);
  if (meaning.kind === "service") throw unavailable(name, meaning.reason, meaning.afterMs);
  return meaning;
}

/** @throws The signal's reason when it is aborted. */
async function currentOf(token: SharedToken, signal: AbortSignal): Promise<string> {
  const text = await unlessAborted(token.get(), signal);
  signal.throwIfAborted();
  return text ?? "";
}

function unavailable(name: PushServiceName, reason: string, afterMs?: number): PushUnavailable {
  return new PushUnavailable(name, `${name} answers ${reason}`, { afterMs });
}
