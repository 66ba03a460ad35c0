/**
 * What the private push servers shall do, and what they record: plain data that goes through files.
 *
 * @module
 */

/** A service of the private servers. `google` issues the tokens for `fcm`. */
export type PushService = "apns" | "fcm" | "google" | "bouncer";

/** An answer instead of the usual one. */
export interface PushReply {
  readonly status: number;
  /** Apple's reason, Google's error code, or the bouncer's code. */
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body, instead of one with the reason. A text is sent as it is. */
  readonly body?: unknown;
}

/**
 * What happens to a request instead of the usual. `cut`: its connection is cut, and nothing is
 * delivered. `cut-after`: it is delivered, and then the connection is cut. `silent`: it is delivered
 * and never answered. `refuse`: its stream is refused, as one that was not processed. `goaway`: the
 * server shuts down: the connection ends in order, and the request was not processed.
 */
export type PushStep = PushReply | "cut" | "cut-after" | "silent" | "refuse" | "goaway";

/** How the servers answer. Without a script they deliver everything that is valid. */
export interface PushScript {
  /**
   * By `<service>:<what>`: a device's token (`apns:`, `fcm:`), a path (`google:/token`), an endpoint
   * (`bouncer:push/notify`), or `*` for all others of the service. A list is used up from its start;
   * then the usual happens.
   */
  readonly answers?: Readonly<Record<string, PushStep | readonly PushStep[]>>;
  /** Apple refuses tokens of ours that were made before this time, in s since 1970, as expired. */
  readonly apnsTokensFrom?: number;
  /** For how many seconds a token of Google's is valid. @default {3600} */
  readonly googleTokenSeconds?: number;
  /** Tokens, and the bouncer's ids of devices, that the bouncer calls dead. */
  readonly dead?: readonly (string | number)[];
  /** What the bouncer says of a realm. @default {{ can_push: true, expected_end_timestamp: null }} */
  readonly realm?: unknown;
}

/** A request that a server has got whole. */
export interface PushReceived {
  readonly service: PushService;
  readonly method: string;
  readonly path: string;
  /** The device's token, the path or the endpoint, as in {@linkcode PushScript.answers}. */
  readonly what: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body. */
  readonly text: string;
  /** What was answered; 0: nothing. */
  readonly status: number;
  /** Whether the device has it, or the bouncer has done it. */
  readonly isDone: boolean;
  /** Which connection it came by: a number from 1, for each server. */
  readonly connection: number;
  /** ms since 1970. */
  readonly at: number;
}

/** The ports of 127.0.0.1 that the servers listen on, all with TLS. */
export type PushPorts = Readonly<Record<PushService, number>>;
