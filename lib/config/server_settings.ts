/**
 * The settings of the program's own HTTP server: probes, metrics, control.
 *
 * @module
 */

import { parseListenAddress } from "./listen_address.ts";
import { path, type Setting, textThat, wholeNumber, yesOrNo } from "./setting.ts";

/** The settings of the program's own HTTP server. */
export const SERVER = {
  address: {
    name: "HTTP",
    flag: "http",
    default: undefined,
    description: "If set, the program answers HTTP there: a port, on 127.0.0.1, or host:port",
    ...textThat(
      (text) => parseListenAddress(text) !== undefined,
      "a port, or a host and a port, such as 9090, 0.0.0.0:9090 or [::1]:9090",
    ),
  },
  basePath: {
    name: "HTTP_BASE_PATH",
    default: undefined,
    description: "The path under which a proxy passes requests on, such as /queues",
    ...textThat(
      (text) => /^(?:\/[\w.~-]+)+$/.test(text),
      "a path that begins with / and does not end with one, such as /queues",
    ),
  },
  hosts: {
    name: "HTTP_HOSTS",
    default: undefined,
    description: "Further names by which the server is called, separated by commas: a request " +
      "for another name is refused",
    ...textThat(
      (text) => text.split(",").every((name) => /^[\w.[\]:-]+$/.test(name.trim())),
      "names of hosts with commas between them, such as queues.example.com",
    ),
  },
  tokenFile: {
    name: "HTTP_TOKEN_FILE",
    default: undefined,
    description: "A file with the token that may read and change everything; if not set, " +
      "<STATE_DIR>/http-token is made",
    ...path("the path of a file"),
  },
  readTokenFile: {
    name: "HTTP_READ_TOKEN_FILE",
    default: undefined,
    description: "A file with a token that may only read",
    ...path("the path of a file"),
  },
  metricsOpen: {
    name: "METRICS_OPEN",
    default: "false",
    description: "Whether everybody who reaches the server may read numbers and /metrics",
    ...yesOrNo(),
  },
  mostMetricsQueues: {
    name: "METRICS_MAX_QUEUES",
    default: "200",
    description: 'The most queues that have metrics of their own; the others share queue="other"',
    ...wholeNumber(1, 10_000),
  },
} as const satisfies Record<string, Setting<unknown>>;
