/**
 * What a service tells systemd, by the protocol of sd_notify(3). Nothing happens where systemd has
 * not asked for it by `NOTIFY_SOCKET`.
 *
 * @module
 */

/** What systemd says of a service, in variables. */
export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  /** µs within which it wants to hear of it. */
  readonly WATCHDOG_USEC?: string | undefined;
  /** The process that is meant. */
  readonly WATCHDOG_PID?: string | undefined;
}

/** A service that systemd wants to hear of. */
export class Service implements Disposable {
  readonly #socket: Deno.DatagramConn;
  readonly #to: Deno.UnixAddr;
  readonly #watchdogMs: number | undefined;
  #status = "";
  #fedAt = -Infinity;

  private constructor(environment: ServiceEnvironment, path: string) {
    const name = `process-queue-${crypto.randomUUID()}`;
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path: `\0${name}` });
    this.#to = { transport: "unixpacket", path: path.replace(/^@/, "\0") };
    this.#watchdogMs = watchdogMs(environment);
  }

  /** The service; `undefined` where systemd does not want to hear of it. */
  static open(environment: ServiceEnvironment): Service | undefined {
    const path = environment.NOTIFY_SOCKET;
    return path ? new Service(environment, path) : undefined;
  }

  /** It has started. */
  ready(): void {
    this.#send("READY=1");
  }

  /** It begins to stop. */
  stopping(): void {
    this.#send("STOPPING=1");
  }

  /** It stops to be started anew. */
  reloading(): void {
    this.#send("RELOADING=1");
  }

  /** How it is, in a line; sent when it has changed. */
  status(text: string): void {
    if (text === this.#status) return;
    this.#status = text;
    this.#send(`STATUS=${text.replaceAll("\n", " ")}`);
  }

  /**
   * It is well: told twice in the time after which systemd would end it.
   *
   * @param now `performance.now()`
   */
  feed(now: number): void {
    if (this.#watchdogMs === undefined || now - this.#fedAt < this.#watchdogMs / 2) return;
    this.#fedAt = now;
    this.#send("WATCHDOG=1");
  }

  /** Nothing is told any more. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }

  /** A systemd that does not listen is no reason to end. */
  #send(text: string): void {
    this.#socket.send(new TextEncoder().encode(text), this.#to).catch(() => {});
  }
}

function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: ServiceEnvironment): number | undefined {
  const micros = Number(WATCHDOG_USEC);
  const isMeant = !WATCHDOG_PID || Number(WATCHDOG_PID) === Deno.pid;
  return isMeant && micros > 0 ? micros / 1000 : undefined;
}
