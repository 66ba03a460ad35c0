/**
 * The HTTP server of the program: who may see and do what, and the headers of every answer.
 *
 * @module
 */

import { z } from "zod";
import type { ServerConfig } from "../config/server_config.ts";
import { type ErrorData, errorData } from "../errors/error_data.ts";
import { logLine } from "../log/log.ts";
import { closeServer } from "./close_server.ts";
import { KnownHosts } from "./hosts.ts";
import { errorResponse, HttpError, json } from "./http_error.ts";
import { PROBE_PATHS } from "./probes.ts";
import { checkChange, checkToken, isSameOrigin, type Proof, proofOf } from "./rights.ts";
import { readBody, type Router } from "./router.ts";
import { sessionCookie, sessionId, Sessions } from "./sessions.ts";
import { isOpenToOthers, ownTokenFile, Tokens } from "./tokens.ts";
import { WrongTokens } from "./wrong_tokens.ts";

/** What an {@linkcode HttpDoor} is made of. */
export interface HttpDoorOptions {
  readonly config: ServerConfig;
  readonly stateDir: string;
  readonly router: Router;
  /** Called when the server listens, with its address. */
  readonly onListening: (address: string) => void;
  /**
   * Called when it cannot listen; what it throws, opening throws.
   *
   * @default {that is logged, and tried again every 30 s}
   */
  readonly onRefused?: (error: ErrorData) => never;
}

/** How long to wait for a port that is taken, in ms. */
const RETRY_MS = 30_000;
const LOGIN = z.object({ token: z.string(), name: z.string().min(1).max(100).optional() });
const SESSION_PATH = "/v1/session";

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

/** The server, also while it waits for its port. */
export class HttpDoor implements AsyncDisposable {
  readonly #options: HttpDoorOptions;
  readonly #hosts: KnownHosts;
  readonly #sessions = new Sessions();
  readonly #wrong = new WrongTokens();
  readonly #tokens: Tokens;
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  private constructor(options: HttpDoorOptions, tokens: Tokens) {
    this.#options = options;
    this.#tokens = tokens;
    const { hosts, address } = options.config;
    this.#hosts = new KnownHosts(address ? [address.host.toLowerCase(), ...hosts] : hosts);
    this.#listen();
  }

  /**
   * Opens the server. Where the port is taken, that is logged, and it is tried again every 30 s.
   *
   * @throws {Error} Where a token cannot be read or made.
   */
  static open(options: HttpDoorOptions): HttpDoor {
    const { config, stateDir } = options;
    const tokens = Tokens.load(config, stateDir);
    const file = config.tokenFile ?? ownTokenFile(stateDir);
    if (isOpenToOthers(file)) {
      logLine(
        "warning",
        "Other users may read the token in {file}: chmod 600 {file}",
        { file },
        {},
      );
    }
    return new HttpDoor(options, tokens);
  }

  /** Answers a request. @param address The address that it comes from. */
  async handle(request: Request, address: string): Promise<Response> {
    const response = await this.#answer(request, address).catch((error) => {
      if (error instanceof HttpError) return errorResponse(error);
      throw error;
    });
    for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
    if (!response.headers.has("Cache-Control")) response.headers.set("Cache-Control", "no-store");
    return response;
  }

  /** Closes the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#retry);
    if (this.#server) await closeServer(this.#server);
  }

  #listen(): void {
    const { host: hostname = "", port = 0 } = this.#options.config.address ?? {};
    try {
      this.#server = Deno.serve(
        { hostname, port, onListen: () => {} },
        (request, info) => this.handle(request, info.remoteAddr.hostname),
      );
    } catch (error) {
      this.#options.onRefused?.(errorData(error));
      const { message } = errorData(error);
      const text = "HTTP cannot listen on {hostname}:{port}: {message}. It is tried again in " +
        "{seconds} s; the queues run on";
      const seconds = RETRY_MS / 1000;
      logLine("error", text, { hostname, port, message, seconds }, {});
      this.#retry = setTimeout(() => this.#listen(), RETRY_MS);
      return;
    }
    const address = addressOf(this.#server.addr);
    logLine("info", "HTTP listens on {address}", { address }, {});
    this.#options.onListening(address);
  }

  async #answer(request: Request, address: string): Promise<Response> {
    const path = this.#pathOf(request);
    if (path in PROBE_PATHS) return await this.#probe(request, address, path);
    const proof = proofOf(request, address, this.#rights);
    // A scraper that has a token may call the server by any name.
    const isScrape = path === "/metrics" && proof.kind === "token";
    if (!isScrape) this.#checkHost(request);
    if (path === SESSION_PATH) return await this.#session(request, address, proof);
    checkChange(request, proof);
    return await this.#options.router.handle(request, proof, path);
  }

  /** Answered whatever token comes with it, and for any name: kubelet sends the pod's address. */
  async #probe(request: Request, address: string, path: string): Promise<Response> {
    const isKnown = this.#hosts.has(request.headers.get("Host"));
    const headers = withoutCredentials(request.headers);
    const proof = proofOf({ headers }, address, this.#rights);
    const right = isKnown ? proof.right : "probes";
    return await this.#options.router.handle(request, { ...proof, right }, path);
  }

  get #rights() {
    const { metricsOpen } = this.#options.config;
    return { tokens: this.#tokens, sessions: this.#sessions, wrong: this.#wrong, metricsOpen };
  }

  #checkHost(request: Request): void {
    const host = request.headers.get("Host");
    if (this.#hosts.has(host)) return;
    const message = `This server is not called ${host}: add the name to HTTP_HOSTS if it is`;
    throw new HttpError("misdirected", message);
  }

  /** Trades a token for a session, says whose it is, and ends it. */
  async #session(request: Request, address: string, proof: Proof): Promise<Response> {
    const { basePath } = this.#options.config;
    if (request.method === "GET") {
      const { right, by, isKnown } = proof;
      return json({ right, by: isKnown ? by : null });
    }
    if (request.headers.has("Origin") && !isSameOrigin(request)) {
      throw new HttpError("forbidden", "A session begins and ends only on its own page");
    }
    if (request.method === "DELETE") {
      this.#sessions.end(sessionId(request) ?? "");
      return json({ ended: true }, 200, { "Set-Cookie": sessionCookie(undefined, basePath) });
    }
    if (request.method !== "POST") {
      const headers = { Allow: "GET, POST, DELETE" };
      throw new HttpError("method_not_allowed", "Use GET, POST or DELETE", headers);
    }
    const { token, name } = await readBody(request, LOGIN);
    const session = checkToken(token, address, name, this.#rights);
    const cookie = sessionCookie(this.#sessions.begin(session), basePath);
    return json(session, 200, { "Set-Cookie": cookie });
  }

  #pathOf(request: Request): string {
    const { pathname } = new URL(request.url);
    const { basePath } = this.#options.config;
    if (basePath === "" || !pathname.startsWith(`${basePath}/`)) return pathname;
    return pathname.slice(basePath.length);
  }
}

function withoutCredentials(headers: Headers): Headers {
  const others = new Headers(headers);
  others.delete("Authorization");
  others.delete("Cookie");
  return others;
}

function addressOf({ hostname, port }: Deno.NetAddr): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
