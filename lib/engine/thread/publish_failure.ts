/**
 * Why a publish was not confirmed, on its way to the thread whose worker published.
 *
 * @module
 */

import { BrokerError } from "../broker/broker.ts";
import { errorData } from "../../errors/error_data.ts";
import type { PublishFailure } from "./messages.ts";

/** The error of a publish as plain data; of a broker's error with its kind. */
export function failureOf(error: unknown): PublishFailure {
  const data = errorData(error);
  return error instanceof BrokerError ? { ...data, brokerKind: error.kind } : data;
}
