/**
 * Connections for one use, apart from those that consume and publish.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { type ConnectingOptions, connectToAny } from "./connecting.ts";
import { closeConnection, cut } from "./connection.ts";

/** How long an attempt to connect to one address may take, in ms. */
const CONNECT_MS = 10_000;

/** A connection that is closed when it is disposed of, or cut when the signal is aborted. */
export interface ApartConnection extends AsyncDisposable {
  readonly model: ChannelModel;
}

/**
 * Opens a connection.
 *
 * @param closing Cuts it.
 * @throws {BrokerError} When it cannot be made.
 */
export async function connectApart(
  options: ConnectingOptions,
  closing: AbortSignal,
): Promise<ApartConnection> {
  const { model } = await connectToAny(options, CONNECT_MS, closing);
  const abort = () => cut(model);
  model.on("error", () => {});
  closing.addEventListener("abort", abort);
  if (closing.aborted) abort();
  return {
    model,
    async [Symbol.asyncDispose]() {
      closing.removeEventListener("abort", abort);
      await closeConnection(model);
    },
  };
}
