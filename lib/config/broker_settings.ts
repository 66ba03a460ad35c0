/**
 * The settings of RabbitMQ.
 *
 * @module
 */

import { splitAddresses } from "./broker_addresses.ts";
import { isHost } from "./host.ts";
import { oneOf, path, type Setting, text, textThat, wholeNumber, yesOrNo } from "./setting.ts";

/** A broker, as `BROKER` names it. */
export type BrokerKind = "embedded" | "rabbitmq";

/** The type of a queue that the program creates, as in RabbitMQ's `x-queue-type`. */
export type QueueType = "classic" | "quorum";

/** The settings of RabbitMQ. Names and defaults of `RABBITMQ_…` are Zulip's. */
export const BROKER = {
  kind: {
    name: "BROKER",
    default: undefined,
    description: "embedded or rabbitmq: which broker is meant; if not set, RabbitMQ where its " +
      "address is set, else the embedded one, with a warning",
    ...oneOf<BrokerKind>("embedded", "rabbitmq"),
  },
  amqpUrl: {
    name: "AMQP_URL",
    flag: "amqpUrl",
    default: undefined,
    description: "RabbitMQ's address with user and password: " +
      "amqp://user:password@host:5672/vhost; of a cluster, several with commas between them",
    secret: "password",
    ...textThat(
      areAmqpUrls,
      "amqp://user:password@host:5672/vhost (or amqps://, for TLS), " +
        "with what is not a letter or digit in user, password and vhost percent-encoded; " +
        "several have commas between them and the same user and vhost",
    ),
  },
  host: {
    name: "RABBITMQ_HOST",
    default: "127.0.0.1",
    description: "RabbitMQ's host, instead of AMQP_URL",
    ...textThat(isHost, "a host name or an IP address, without a port"),
  },
  port: {
    name: "RABBITMQ_PORT",
    // Kubernetes sets it so for a service called rabbitmq.
    notOurs: /^tcp:\/\//,
    default: undefined,
    description: "RabbitMQ's port; 5672 if not set, or 5671 with TLS",
    ...wholeNumber(1, 65_535),
  },
  vhost: {
    name: "RABBITMQ_VHOST",
    default: "/",
    description: "The name of the virtual host, not percent-encoded",
    ...text("the name of a virtual host"),
  },
  username: {
    name: "RABBITMQ_USERNAME",
    default: "zulip",
    description: "The user",
    ...text("the name of a user"),
  },
  password: {
    name: "RABBITMQ_PASSWORD",
    default: undefined,
    description: "The user's password; required if any other RABBITMQ_… setting is set",
    secret: "whole",
    ...text("the user's password"),
  },
  useTls: {
    name: "RABBITMQ_USE_TLS",
    default: "false",
    description: "Whether to connect with TLS",
    ...yesOrNo(),
  },
  caFile: {
    name: "AMQP_CA_FILE",
    default: undefined,
    description: "A file with the certificate (PEM) of the authority that signed RabbitMQ's own; " +
      "if not set, the system's authorities are trusted",
    ...path("the path of a file"),
  },
  certFile: {
    name: "AMQP_CERT_FILE",
    default: undefined,
    description: "A file with a certificate (PEM) of this program, if RabbitMQ wants one",
    ...path("the path of a file"),
  },
  keyFile: {
    name: "AMQP_KEY_FILE",
    default: undefined,
    description: "A file with the private key (PEM, not encrypted) of AMQP_CERT_FILE",
    ...path("the path of a file"),
  },
  queueType: {
    name: "QUEUE_TYPE",
    default: "classic",
    description: "The type of the queues that the program creates: classic or quorum",
    ...oneOf<QueueType>("classic", "quorum"),
  },
  waitSeconds: {
    name: "BROKER_WAIT_SECONDS",
    default: "60",
    description: "Seconds to wait at start for a broker that cannot be reached",
    ...wholeNumber(0, 86_400),
  },
  publishTimeoutSeconds: {
    name: "PUBLISH_TIMEOUT_SECONDS",
    default: "30",
    description: "Seconds after which an unconfirmed publish fails",
    ...wholeNumber(1, 3600),
  },
} as const satisfies Record<string, Setting<unknown>>;

/** The addresses of one cluster have the same queues, so they must name the same virtual host. */
function areAmqpUrls(text: string): boolean {
  const urls = splitAddresses(text).map((address) => URL.parse(address));
  const isSame = urls.every((url) => vhostOf(url) === vhostOf(urls[0]));
  const isSameUser = urls.every((url) => url?.username === urls[0]?.username);
  return isSame && isSameUser && urls.every(isAmqpUrl);
}

/** No path, "/", "//" and "/%2f" all mean the virtual host "/". */
function vhostOf(url: URL | null | undefined): string {
  return (url?.pathname ?? "").replace(/^\/(\/|%2f)?$/i, "");
}

function isAmqpUrl(url: URL | null): boolean {
  if (!url || !["amqp:", "amqps:"].includes(url.protocol)) return false;
  if (url.hostname === "" || url.hostname.includes(",") || url.hash !== "") return false;
  // A bare "/" as virtual host is what Celery's and Zulip's users write.
  if (url.pathname !== "//" && url.pathname.lastIndexOf("/") > 0) return false;
  return [url.username, url.password, url.pathname].every(isPercentEncoded);
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
