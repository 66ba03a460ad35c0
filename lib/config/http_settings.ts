/**
 * The settings of calls to servers whose addresses users give: webhooks, pages that messages link to.
 *
 * @module
 */

import { parseAllowList } from "../domain/http/allow_list.ts";
import { path, type Setting, textThat } from "./setting.ts";

/** The settings of calls. Names and defaults of the proxies are those of Zulip's installation. */
export const HTTP = {
  httpProxy: {
    name: "HTTP_proxy",
    default: undefined,
    description:
      "The proxy, such as Smokescreen, through which http:// addresses that users give " +
      "are called: http://localhost:4750; if not set, this program connects itself",
    secret: "password",
    ...textThat(isProxy, "the address of a proxy, such as http://localhost:4750"),
  },
  httpsProxy: {
    name: "HTTPS_proxy",
    default: undefined,
    description: "The same for https:// addresses",
    secret: "password",
    ...textThat(isProxy, "the address of a proxy, such as http://localhost:4750"),
  },
  allowedHosts: {
    name: "OUTGOING_ALLOWED_HOSTS",
    default: undefined,
    description:
      "What users may have called besides public addresses, separated by commas: names " +
      "(hooks.intern), hosts with a port (hooks.intern:8080), networks (10.1.0.0/16)",
    ...textThat(
      isAllowList,
      "names, hosts with a port and networks, such as hooks.intern, hooks.intern:8080, 10.1.0.0/16",
    ),
  },
  caFile: {
    name: "OUTGOING_CA_FILE",
    default: undefined,
    description:
      "A file with certificates (PEM) of authorities that are trusted besides the usual " +
      "ones, where addresses are called that users give",
    ...path("the path of a file"),
  },
} as const satisfies Record<string, Setting<unknown>>;

/** The proxy itself is spoken to without TLS, as Smokescreen is. */
function isProxy(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol !== "http:" || url.hostname === "") return false;
  return url.pathname === "/" && url.search === "" && url.hash === "";
}

function isAllowList(text: string): boolean {
  try {
    return parseAllowList(text) !== undefined;
  } catch {
    return false;
  }
}
