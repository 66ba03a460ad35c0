/**
 * `process-queue email-mirror-server`: takes mails by SMTP for the queue `email_mirror`.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { ListenAddress, MirrorServerCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import type { Broker } from "../../engine/broker/broker.ts";
import { errorData } from "../../errors/error_data.ts";
import { logReporter } from "../../monitoring/log_reporter.ts";
import { unlessAborted } from "../../system/deadline.ts";
import { EXIT, type Signals } from "../../system/signals.ts";
import { Service } from "../../system/systemd.ts";
import { ListenError } from "../listen_error.ts";
import { log } from "../log_line.ts";
import { openBroker } from "../open_broker.ts";
import { Stop } from "../stop.ts";
import { MirrorServer } from "./server.ts";

/** How often systemd is notified of the state, in ms. */
const SWEEP_MS = 1000;
/** After how many of these times the files of the certificate are read again. */
const CERTIFICATE_SWEEPS = 60;

/**
 * Takes mails until a signal ends it; then it finishes those that are being received, for at most
 * STOP_GRACE_SECONDS.
 *
 * @returns The exit code.
 * @throws {ConfigError} When EMAIL_GATEWAY_PATTERN is not set, or the certificate cannot be used.
 * @throws {MailSettingError} When a file that a setting of EMAIL_HOST names cannot be used.
 * @throws {BrokerError} When the broker refuses at the start, or is unavailable for too long then.
 * @throws {ListenError} When the address cannot be listened on.
 */
export async function runMirrorServer(
  { listen }: Pick<MirrorServerCommand, "listen">,
  config: Config,
  signals: Pick<Signals, "handOver">,
): Promise<number> {
  await using server = new MirrorServer(config, log);
  const stop = new Stop(signals, () => server.logStatus());
  const opening = open(config);
  const broker = await unlessAborted(opening, stop.signal);
  if (!broker) {
    opening.then((late) => late[Symbol.asyncDispose]()).catch(() => {});
    return stop.code;
  }
  void broker.failure?.then(() => stop.end(EXIT.failed));
  try {
    await start(server, broker, listen);
    await serve(server, stop);
    return stop.code;
  } finally {
    await broker[Symbol.asyncDispose]();
  }
}

async function open(config: Config): Promise<Broker> {
  return await openBroker(config, {
    name: `process-queue email-mirror-server ${Deno.hostname()}:${Deno.pid}`,
    report: logReporter(0),
    isAlone: !Deno.stderr.isTerminal(),
  });
}

async function start(
  server: MirrorServer,
  broker: Broker,
  { host, port }: ListenAddress,
): Promise<void> {
  try {
    const used = await server.listen(broker, host, port);
    log("info", "Mails are taken at {address}, each of at most {bytes} bytes", {
      address: `${host.includes(":") ? `[${host}]` : host}:${used}`,
      bytes: server.maxBytes,
    });
  } catch (error) {
    const { message } = errorData(error);
    throw new ListenError(
      `--listen ${host}:${port} cannot be used: ${message}: end the program that listens there, or ` +
        "give another address; ports below 1024 need the right CAP_NET_BIND_SERVICE",
      { cause: error },
    );
  }
}

/** Notifies systemd of the state until the end is asked for, and stops the server then. */
async function serve(server: MirrorServer, stop: Stop): Promise<void> {
  using service = Service.open(Deno.env.toObject());
  service?.ready();
  for (let sweep = 1; !stop.signal.aborted; sweep++) {
    service?.status(server.status);
    service?.feed(performance.now());
    if (sweep % CERTIFICATE_SWEEPS === 0) server.renewCertificate();
    await delay(SWEEP_MS, undefined, { signal: stop.signal }).catch(() => {});
  }
  service?.stopping();
  log("info", "No more mails are taken: the process ends when those under way are answered", {});
  await unlessAborted(server.stop(), stop.hurry);
  server.logStatus();
}
