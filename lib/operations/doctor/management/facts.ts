/**
 * What RabbitMQ's management says, in the program's words.
 *
 * @module
 */

/** Arguments of a queue, or what policies set. */
export type Definition = Readonly<Record<string, unknown>>;

/** A queue. */
export interface ManagedQueue {
  readonly name: string;
  readonly type: string | null;
  /** Such as `running`, `down` or `minority`. */
  readonly state: string | null;
  readonly ready: number | null;
  /** Events that were taken and are not acknowledged. */
  readonly unacked: number | null;
  readonly consumers: number | null;
  readonly args: Definition;
  /** What its policies set. */
  readonly policy: Definition;
  /** The policy and the operator's policy that apply to it. */
  readonly policies: readonly string[];
  /** The node that leads a quorum queue; `""`: none. */
  readonly leader: string | null;
  /** The nodes that have a quorum queue, and those of them that are up. */
  readonly members: readonly string[];
  readonly online: readonly string[];
}

/** A node of the cluster. */
export interface ManagedNode {
  readonly name: string;
  readonly isRunning: boolean;
  readonly hasMemoryAlarm: boolean;
  readonly hasDiskAlarm: boolean;
  /** Nodes that it has lost sight of. */
  readonly partitions: readonly string[];
}

/** What events a queue holds. */
export type QueueRole =
  | { readonly kind: "events" }
  | { readonly kind: "dead letters" }
  /** Events that wait for so many seconds. */
  | { readonly kind: "retries"; readonly step: number };

/** A queue of this program's. */
export interface OwnQueue {
  /** The queue whose events, retries or dead letters these are. */
  readonly of: string;
  readonly role: QueueRole;
  readonly queue: ManagedQueue;
}
