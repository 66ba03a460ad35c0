/**
 * The proxy that the environment has for a call, which the runtime obeys.
 *
 * @module
 */

const NAMES: Readonly<Record<string, readonly string[]>> = {
  "http:": ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
  "https:": ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
};

/**
 * The variable with the proxy of a call.
 *
 * @returns `undefined` where the call is direct, also as `NO_PROXY` names its host.
 */
export function environmentProxy(
  { protocol, hostname }: URL,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const exempt = (env["no_proxy"] || env["NO_PROXY"] || "").split(",")
    .map((entry) => entry.trim().toLowerCase().replace(/^\*?\./, ""));
  const isExempt = exempt.some((entry) =>
    entry === "*" || (entry !== "" && (hostname === entry || hostname.endsWith(`.${entry}`)))
  );
  return isExempt ? undefined : NAMES[protocol]?.find((name) => env[name]);
}
