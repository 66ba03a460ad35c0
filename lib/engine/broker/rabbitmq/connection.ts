/**
 * Opening and closing one connection with amqplib.
 *
 * @module
 */

import amqplib, { type ChannelModel } from "amqplib";
import { certificatesOf, type TlsFiles } from "./certificates.ts";
import { isTlsFailure, TlsFailure } from "./connect_errors.ts";
import { readAllFrames } from "./frames.ts";

/** The address of a connection, and its name. */
export interface ConnectionOptions extends TlsFiles {
  /** With user and password; `?heartbeat=` sets the interval in seconds, 15 by default. */
  readonly url: string;
  /** The name that the broker's certificate must have. @default the host in the URL */
  readonly serverName?: string | undefined;
  /** The connection's name in RabbitMQ's management. */
  readonly name: string;
}

const HEARTBEAT_SECONDS = 15;
/** How long closing may take before the socket is destroyed, in ms. */
const CLOSE_MS = 2000;

/**
 * Connects.
 *
 * @throws {TlsFailure} With the certificates, when TLS fails.
 * @throws {Error} The error of amqplib, or that the signal is aborted.
 */
export async function connect(
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<ChannelModel> {
  const { url } = options;
  try {
    const client: Record<string, unknown> = { ...clientOptions(options), signal };
    const model = await amqplib.connect(withHeartbeat(url), client);
    readAllFrames(model);
    return model;
  } catch (error) {
    const isTls = url.startsWith("amqps:") && error instanceof Error && isTlsFailure(error);
    if (!isTls || signal.aborted) throw error;
    throw new TlsFailure(error, await certificatesOf(url, options));
  }
}

function clientOptions(
  { url, serverName, name, ca, cert, key }: ConnectionOptions,
): Record<string, unknown> {
  return {
    noDelay: true,
    keepAlive: true,
    clientProperties: { connection_name: name },
    credentials: credentialsOf(url),
    ...(ca === undefined ? {} : { ca: [ca] }),
    ...(cert === undefined ? {} : { cert, key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
}

function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has("heartbeat")) {
    parsed.searchParams.set("heartbeat", String(HEARTBEAT_SECONDS));
  }
  return parsed.href;
}

/** The credentials of a URL: amqplib itself misreads a password with letters beyond ASCII. */
function credentialsOf(url: string): unknown {
  const { username, password } = new URL(url);
  if (username === "" && password === "") return amqplib.credentials.plain("guest", "guest");
  return amqplib.credentials.plain(decodeURIComponent(username), decodeURIComponent(password));
}

/** The parts of amqplib's connection for which it has no methods. */
interface Internals {
  readonly stream?: { destroy(error?: Error): void };
  /** True once the connection is closed. */
  readonly expectSocketClose?: boolean;
}

/** Whether the connection is open: it can be closed before anyone listens. */
export function isOpen(model: ChannelModel): boolean {
  return !(model.connection as Internals).expectSocketClose;
}

/** Closes the connection; destroys the socket after a while without an answer. */
export async function closeConnection(model: ChannelModel): Promise<void> {
  const closed = new Promise<void>((resolve) => model.once("close", () => resolve()));
  const timer = setTimeout(() => cut(model), CLOSE_MS);
  model.close().catch(() => cut(model));
  if (isOpen(model)) await closed;
  clearTimeout(timer);
  cut(model);
}

/** Destroys the socket; amqplib then emits `close`, if it has not. */
export function cut(model: ChannelModel): void {
  (model.connection as Internals).stream?.destroy(new Error("The socket was cut"));
}
