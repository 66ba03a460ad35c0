/**
 * The environment and the configuration of a private node.
 *
 * @module
 */

import { freePort } from "../private_server.ts";
import type { TlsFiles } from "./certificates.ts";

/** How a private node is started. */
export interface RabbitmqOptions {
  /** The folder of RabbitMQ's programs. Default: that of RABBITMQ_BIN, or Debian's. */
  readonly programs?: string;
  /** AMQP port. Default: a free one. */
  readonly port?: number;
  /** Listens for AMQP over TLS too, on a free port. Default: plain AMQP only. */
  readonly tls?: RabbitmqTlsOptions;
  /** Answers over HTTP, too, by the management plugin, on a free port. Default: it does not. */
  readonly management?: boolean;
  /** More lines of rabbitmq.conf. Default: none. */
  readonly config?: string;
  /** The text of advanced.config. Default: none. */
  readonly advanced?: string;
}

/** How a node takes part in Erlang's own protocol. */
export interface ErlangIdentity {
  /** Such as `pq-1@localhost`. */
  readonly name: string;
  /** The port of the epmd that nodes find each other with. */
  readonly epmdPort: number;
  /** The secret that nodes of a cluster share. @default {the node makes one} */
  readonly cookie?: string;
}

/** How a private node listens for TLS. */
export interface RabbitmqTlsOptions {
  /** A client must show the certificate in `clientCertFile`. Default: false. */
  readonly clientCertificate?: boolean;
}

/** A node's listener for TLS. */
export interface TlsListener extends TlsFiles {
  readonly port: number;
}

/** Where a node listens beside AMQP. */
export interface Listeners {
  readonly tls?: TlsListener;
  readonly managementPort?: number;
}

/** Confines Erlang's own protocol to this machine. */
const ONLY_LOCAL = "-kernel inet_dist_use_interface {127,0,0,1}";

/**
 * The whole environment of a node's programs. It names every file and port, so that nothing of the
 * machine's own node is used.
 */
export function environment(
  folder: string,
  port: number,
  { name, epmdPort }: ErlangIdentity,
): Record<string, string> {
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    LANG: "C.UTF-8",
    HOME: folder,
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_NODENAME: name,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(freePort()),
    RABBITMQ_CONF_ENV_FILE: `${folder}/rabbitmq-env.conf`,
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_CONFIG_FILES: `${folder}/conf.d`,
    RABBITMQ_ADVANCED_CONFIG_FILE: `${folder}/advanced.config`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
    RABBITMQ_MNESIA_BASE: `${folder}/data`,
    RABBITMQ_LOG_BASE: `${folder}/log`,
    RABBITMQ_LOGS: `${folder}/log/node.log`,
    RABBITMQ_PID_FILE: `${folder}/pid`,
    // The script then becomes the Erlang VM instead of watching over it.
    RUNNING_UNDER_SYSTEMD: "true",
    // A Ctrl-C for the test runner must not open Erlang's break menu.
    RABBITMQ_SERVER_START_ARGS: "+B i",
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: ONLY_LOCAL,
    RABBITMQ_CTL_ERL_ARGS: ONLY_LOCAL,
    RABBITMQ_CTL_DIST_PORT_MIN: "19000",
    RABBITMQ_CTL_DIST_PORT_MAX: "19999",
  };
}

/** The text of rabbitmq.conf. */
export function configuration(
  port: number,
  options: RabbitmqOptions,
  { tls, managementPort }: Listeners,
): string {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    "loopback_users = none",
    // The default before RabbitMQ 4, which takes 16 MiB.
    `max_message_size = ${128 * 1024 * 1024}`,
    ...(tls ? tlsConfiguration(tls, options.tls?.clientCertificate ?? false) : []),
    ...(managementPort ? managementConfiguration(managementPort) : []),
    ...(options.config ? [options.config] : []),
  ];
  return lines.join("\n") + "\n";
}

function tlsConfiguration(tls: TlsListener, needsCertificate: boolean): string[] {
  return [
    `listeners.ssl.1 = 127.0.0.1:${tls.port}`,
    `ssl_options.cacertfile = ${tls.caFile}`,
    `ssl_options.certfile = ${tls.certFile}`,
    `ssl_options.keyfile = ${tls.keyFile}`,
    `ssl_options.verify = verify_peer`,
    `ssl_options.fail_if_no_peer_cert = ${needsCertificate}`,
  ];
}

/** The plugin's numbers are at most a second old. */
function managementConfiguration(port: number): string[] {
  return [
    "management.tcp.ip = 127.0.0.1",
    `management.tcp.port = ${port}`,
    "collect_statistics_interval = 1000",
  ];
}
