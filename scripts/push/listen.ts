/**
 * The connections of the private push servers, down to the stream and the socket.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  constants,
  createSecureServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer, type ServerOptions } from "node:https";
import type { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { PushRequest } from "./request.ts";

/** A request, and all that can be done with it. */
export interface Exchange {
  readonly request: PushRequest;
  /** A number from 1, for each server. */
  readonly connection: number;
  answer(status: number, headers: Readonly<Record<string, string>>, text: string): void;
  /** Ends the connection without a word. */
  cut(): void;
  /** Says that the request was not processed. HTTP/1.1 knows nothing like it: the request is cut. */
  refuse(): void;
  /** Ends the connection in order; this request was not processed. HTTP/1.1: it is cut. */
  goAway(): void;
}

type Handler = (exchange: Exchange) => void;

/** Requests that run at once on a connection, as Apple allows them. */
const STREAMS = 1000;

/** A connection of HTTP/2. */
interface Connection {
  readonly number: number;
  readonly socket: TLSSocket;
  /** The last stream that was processed; 0: none. */
  lastStream: number;
  /** Whether it is being shut down: no other stream is processed. */
  isGoing: boolean;
}

/** Listens on a port of 127.0.0.1 for HTTP/2 alone. */
export function listenHttp2(tls: ServerOptions, port: number, handle: Handler): void {
  const options = { requestCert: true, rejectUnauthorized: false };
  const settings = { maxConcurrentStreams: STREAMS };
  const server = createSecureServer({ ...tls, ...options, settings });
  const connections = new Map<Http2Session, Connection>();
  let latest: TLSSocket | undefined;
  // The session takes the socket over: it is asked for before.
  server.prependListener("secureConnection", (socket: TLSSocket) => latest = socket);
  server.on("session", (session) => {
    session.on("error", () => {}); // Cut connections, which scripts ask for.
    const number = connections.size + 1;
    const rest = { lastStream: 0, isGoing: false };
    if (latest) connections.set(session, { number, socket: latest, ...rest });
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    const connection = stream.session && connections.get(stream.session);
    if (!connection) return;
    const take = (text: string) => {
      if (connection.isGoing) return refuse(stream);
      handle(exchangeOf(stream, headers, text, connection));
      if (!connection.isGoing) {
        connection.lastStream = Math.max(connection.lastStream, stream.id ?? 0);
      }
    };
    whole(stream).then(take, () => {});
  });
  server.on("sessionError", () => {});
  server.listen(port, "127.0.0.1");
}

function exchangeOf(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  text: string,
  connection: Connection,
): Exchange {
  const { number, socket } = connection;
  return {
    request: requestOf(headers, text, socket),
    connection: number,
    answer(status, more, body) {
      if (stream.destroyed) return; // The client has given up.
      stream.respond({ ":status": status, ...more });
      stream.end(body);
    },
    cut: () => socket.destroy(),
    refuse: () => refuse(stream),
    goAway() {
      connection.isGoing = true;
      const reason = Buffer.from(JSON.stringify({ reason: "Shutdown" }));
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR, connection.lastStream, reason);
      refuse(stream);
      stream.session?.close();
    },
  };
}

function refuse(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_REFUSED_STREAM);
}

function requestOf(headers: IncomingHttpHeaders, text: string, socket: TLSSocket): PushRequest {
  const { ":method": method = "", ":path": path = "" } = headers;
  const names = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
  const certificate = socket.getPeerCertificate?.()?.subject
    ? [["x-client-certificate", "yes"]]
    : [];
  return {
    ...{ method: `${method}`, path: `${path}`, text, at: Date.now() },
    headers: Object.fromEntries([
      ...names.map(([name, value]) => [name, `${value}`]),
      ...certificate,
    ]),
  };
}

/** Listens on a port of 127.0.0.1 for HTTP/1.1. */
export function listenHttp1(tls: ServerOptions, port: number, handle: Handler): void {
  const server = createServer(tls);
  const numbers = new Map<unknown, number>();
  server.on("secureConnection", (socket) => numbers.set(socket, numbers.size + 1));
  server.on("request", async (request, response) => {
    const { method = "", url: path = "", socket } = request;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, `${value}`]),
    );
    const cut = () => socket.destroy();
    handle({
      request: { method, path, headers, text: await whole(request), at: Date.now() },
      connection: numbers.get(socket) ?? 0,
      answer(status, more, text) {
        response.writeHead(status, { "content-type": "application/json", ...more });
        response.end(text);
      },
      ...{ cut, refuse: cut, goAway: cut },
    });
  });
  server.on("tlsClientError", () => {});
  server.listen(port, "127.0.0.1");
}

async function whole(stream: Readable): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
