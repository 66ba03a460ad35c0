/**
 * What a broker says of itself, for operators.
 *
 * @module
 */

/** What is known of a broker beyond whether it can be used. */
export interface BrokerStatus {
  /** Its version; `undefined` where it is not known. */
  readonly version: string | undefined;
  /** Since when {@linkcode Broker.isThere} is what it is, in ms since 1970. */
  readonly since: number;
  /** Why it takes no publishes; `undefined` where it does. */
  readonly blocked: string | undefined;
  /** How often it was connected again. */
  readonly reconnects: number;
}

/** The certificate of a broker. */
export interface ServerCertificate {
  /** Host and port. */
  readonly place: string;
  /** ms since 1970. */
  readonly validFrom: number;
  /** ms since 1970. */
  readonly validTo: number;
}

/** Why events of a queue may be lost, although the program does its part. */
export interface QueueDoubt {
  /** Whether the queue cannot be consumed because of it. */
  readonly isRefused: boolean;
  /** A sentence that names the queue. */
  readonly message: string;
}
