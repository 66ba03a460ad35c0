/**
 * Connecting to whichever address of a cluster answers first.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import type { ChannelModel } from "amqplib";
import { within } from "../../../system/deadline.ts";
import { closeConnection, connect, type ConnectionOptions } from "./connection.ts";
import { ConnectFailure, type ConnectionNames, explainFailures } from "./connect_errors.ts";
import { type Address, addressOf } from "./errors.ts";

/** The addresses of a broker, and how to connect. */
export interface ConnectingOptions extends Omit<ConnectionOptions, "url" | "serverName"> {
  /** One or more, each as a URL with user and password. */
  readonly urls: readonly string[];
  /** What messages call the settings. @default {the program's settings} */
  readonly names?: ConnectionNames | undefined;
}

/** A connection, and where it leads. */
export interface Connected {
  readonly model: ChannelModel;
  readonly address: Address;
}

/** When the next address is tried, in ms after the last one. */
const NEXT_MS = 1000;
/** How long to wait for the addresses of names, in ms. */
const LOOKUP_MS = 2000;

/**
 * Tries the addresses in random order, the next one when the last failed or has not answered for a
 * second. The first that opens wins.
 *
 * @param ms How long each may take.
 * @throws {BrokerError} Why none could be opened.
 */
export async function connectToAny(
  { urls, names, ...options }: ConnectingOptions,
  ms: number,
  signal: AbortSignal,
): Promise<Connected> {
  const places = (await Promise.all(urls.map((url) => placesOf(url, lookupAll)))).flat();
  const attempts = shuffled(places).map(({ url, serverName }) => async (stop: AbortSignal) => {
    const address = addressOf(url);
    const model = await connectWithin(ms, { ...options, url, serverName }, address, stop);
    return { model, address };
  });
  const discard = ({ model }: Connected) => void closeConnection(model);
  try {
    return await firstOf(attempts, { everyMs: NEXT_MS, signal, discard });
  } catch (error) {
    throw explainFailures((error as AggregateError).errors, names);
  }
}

/** One address to connect to. */
export interface Place {
  readonly url: string;
  /** The name that the certificate must have. @default the host in the URL */
  readonly serverName: string | undefined;
}

/**
 * The places that a URL leads to: a name with several addresses leads to each of them.
 *
 * @param lookupAll Gives the addresses of a name; none where it is unknown.
 */
export async function placesOf(
  url: string,
  lookupAll: (name: string) => Promise<readonly string[]>,
): Promise<Place[]> {
  const { hostname } = new URL(url);
  const name = hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(name) === 0 ? new Set(await lookupAll(name)) : [];
  const unchanged = [{ url, serverName: undefined }];
  if (new Set(addresses).size < 2) return unchanged;
  return Array.from(addresses, (address) => ({
    url: withHost(url, isIPv6(address) ? `[${address}]` : address),
    serverName: name,
  }));
}

async function lookupAll(name: string): Promise<string[]> {
  const found = await within(LOOKUP_MS, lookup(name, { all: true }).catch(() => []));
  return Array.isArray(found) ? found.map(({ address }) => address) : [];
}

function withHost(url: string, host: string): string {
  const parsed = new URL(url);
  parsed.hostname = host;
  return parsed.href;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items.map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order).map(({ item }) => item);
}

async function connectWithin(
  ms: number,
  options: ConnectionOptions,
  address: Address,
  signal: AbortSignal,
): Promise<ChannelModel> {
  const limit = new AbortController();
  const abort = () => limit.abort();
  const timer = setTimeout(abort, ms);
  signal.addEventListener("abort", abort);
  try {
    return await connect(options, limit.signal);
  } catch (error) {
    throw new ConnectFailure(limit.signal.aborted ? noAnswer(ms) : error, address);
  } finally {
    clearTimeout(timer);
    // Aborting the signal later would close the connection.
    signal.removeEventListener("abort", abort);
  }
}

function noAnswer(ms: number): Error {
  return new Error(`no answer within ${Math.ceil(ms / 1000)} s`);
}

/** How {@linkcode firstOf} tries. */
export interface FirstOfOptions<T> {
  /** When the next attempt begins, in ms after the last one. */
  readonly everyMs: number;
  /** Aborts all attempts. */
  readonly signal: AbortSignal;
  /** Takes what is there too late. */
  readonly discard: (result: T) => void;
}

/**
 * The result of the first attempt that succeeds. The others are aborted.
 *
 * @param attempts Begun one after the other, the next also when the last failed.
 * @throws {AggregateError} With the errors of all.
 */
export async function firstOf<T>(
  attempts: readonly ((stop: AbortSignal) => Promise<T>)[],
  { everyMs, signal, discard }: FirstOfOptions<T>,
): Promise<T> {
  const first = Promise.withResolvers<T>();
  const stop = new AbortController();
  const abort = () => stop.abort();
  signal.addEventListener("abort", abort);
  const run = async (attempt: (stop: AbortSignal) => Promise<T>) => {
    const result = await attempt(stop.signal);
    if (stop.signal.aborted) return discard(result);
    first.resolve(result);
    stop.abort();
  };
  const runs: Promise<void>[] = [];
  try {
    for (const attempt of attempts) {
      if (stop.signal.aborted || signal.aborted) break;
      const last = run(attempt);
      runs.push(last);
      await within(everyMs, Promise.race([last.catch(() => {}), first.promise]));
    }
    return await Promise.race([first.promise, allFailed(runs)]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Throws the errors once all have failed. */
async function allFailed(runs: readonly Promise<void>[]): Promise<never> {
  const results = await Promise.allSettled(runs);
  throw new AggregateError(
    results.filter((result) => result.status === "rejected").map(({ reason }) => reason),
  );
}
