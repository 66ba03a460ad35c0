/**
 * Notifications to systemd, by the protocol of sd_notify(3). Nothing is sent unless systemd has set
 * `NOTIFY_SOCKET`.
 *
 * @module
 */

/** The environment variables that systemd sets for a service. */
export interface ServiceEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  /** The longest time in µs between two keep-alives. */
  readonly WATCHDOG_USEC?: string | undefined;
  /** The process that the watchdog watches. */
  readonly WATCHDOG_PID?: string | undefined;
}

/** A service that sends notifications to systemd. */
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

  /** Opens the socket; `undefined` where systemd expects no notifications. */
  static open(environment: ServiceEnvironment): Service | undefined {
    const path = environment.NOTIFY_SOCKET;
    return path ? new Service(environment, path) : undefined;
  }

  /** The service has started. */
  ready(): void {
    this.#send("READY=1");
  }

  /** The service stops. */
  stopping(): void {
    this.#send("STOPPING=1");
  }

  /** The service stops in order to be restarted. */
  reloading(): void {
    this.#send("RELOADING=1");
  }

  /** Sends a line about the service's state, if it has changed. */
  status(text: string): void {
    if (text === this.#status) return;
    this.#status = text;
    this.#send(`STATUS=${text.replaceAll("\n", " ")}`);
  }

  /**
   * Keeps the watchdog from ending the service: sends twice in the watchdog's time.
   *
   * @param now `performance.now()`
   */
  feed(now: number): void {
    if (this.#watchdogMs === undefined || now - this.#fedAt < this.#watchdogMs / 2) return;
    this.#fedAt = now;
    this.#send("WATCHDOG=1");
  }

  /** Sends nothing more. */
  [Symbol.dispose](): void {
    this.#socket.close();
  }

  /** Ignores errors: a systemd that does not listen is no reason to end. */
  #send(text: string): void {
    this.#socket.send(new TextEncoder().encode(text), this.#to).catch(() => {});
  }
}

function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: ServiceEnvironment): number | undefined {
  const micros = Number(WATCHDOG_USEC);
  const isMeant = !WATCHDOG_PID || Number(WATCHDOG_PID) === Deno.pid;
  return isMeant && micros > 0 ? micros / 1000 : undefined;
}
