/** The services of the modes, with a broker in memory. They keep everything that is printed. */

import type { Asking } from "../../lib/command_line/terminal/confirm.ts";
import type { Broker } from "../../lib/engine/broker/broker.ts";
import { MemoryBroker } from "../../lib/engine/broker/memory.ts";
import type { KnownQueue, Services, WorkerTrial } from "../../lib/modes/services.ts";
import type { ShardFunction } from "../../lib/engine/host/shards.ts";
import type { ClockReading } from "../../lib/system/clock_reading.ts";

const NO_FLAGS = {
  amqpUrl: undefined,
  workersDir: undefined,
  allowUnsafeFolder: undefined,
  logFormat: undefined,
  logLevel: undefined,
  http: undefined,
};

/** What every command has, for one that was given no options. */
export const COMMON = { flags: NO_FLAGS, warnings: [] } as const;

/** Runs all queues, for at most 60 s. */
export const RUN_ALL = {
  queues: { kind: "all", except: [] },
  inline: false,
  drain: false,
  maxEvents: undefined,
  maxSeconds: 60,
  exitWhenParked: false,
} as const;

/** Keeps what a mode does in memory. */
export class MemoryServices implements Services {
  broker: Broker = new MemoryBroker();
  readonly printed: string[] = [];
  readonly warned: string[] = [];
  readonly operator = "ada on host a";
  /** The answer to all questions; `undefined`: there is no terminal. */
  answer: boolean | undefined;
  readonly asked: string[] = [];
  /** Aborted to interrupt a command. */
  readonly interrupt = new AbortController();
  shard: ShardFunction | undefined;
  /** What differs from a worker that needs nothing, by queue. */
  trials: Record<string, Partial<WorkerTrial>> = {};
  unfinishedCheck: string | undefined;
  pendingMigrations: string[] = [];
  /** The clock of the database. */
  clock: ClockReading | undefined;
  failures: { broker?: Error; database?: Error } = {};

  listQueues(): Promise<KnownQueue[]> {
    const names = ["user_activity", "test"];
    return Promise.resolve(names.map((name) => ({ name, file: `workers/${name}.ts` })));
  }

  shardFunction(): Promise<ShardFunction | undefined> {
    return Promise.resolve(this.shard);
  }

  tryWorker({ name }: KnownQueue): Promise<WorkerTrial> {
    const trial = { isActive: name !== "test", requires: [], missing: [], secrets: [] };
    return Promise.resolve({ ...trial, ...this.trials[name] });
  }

  openBroker(): Promise<Broker> {
    const { broker } = this.failures;
    return broker ? Promise.reject(broker) : Promise.resolve(this.broker);
  }

  checkEmbedded(): Promise<string | undefined> {
    return Promise.resolve(this.unfinishedCheck);
  }

  tryDatabase(): Promise<readonly string[]> {
    const { database } = this.failures;
    return database ? Promise.reject(database) : Promise.resolve(this.pendingMigrations);
  }

  databaseClock(): Promise<ClockReading | undefined> {
    return Promise.resolve(this.clock);
  }

  get asking(): Asking {
    const ask = (question: string) => {
      this.asked.push(question);
      return this.answer ? "y" : "n";
    };
    return { isTerminal: this.answer !== undefined, ask };
  }

  interruption(): Disposable & { readonly signal: AbortSignal } {
    return { signal: this.interrupt.signal, [Symbol.dispose]() {} };
  }

  statusLine(): Disposable & { update(text: string): void } {
    return { update() {}, [Symbol.dispose]() {} };
  }

  print(line: string): void {
    this.printed.push(line);
  }

  warn(line: string): void {
    this.warned.push(line);
  }

  /** The bodies in a queue, as text. */
  async bodies(queue: string): Promise<string[]> {
    const events = await this.broker.peek(queue, 10_000);
    return events.map(({ body }) => new TextDecoder().decode(body));
  }
}
