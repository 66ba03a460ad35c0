/**
 * The address on which a server listens.
 *
 * @module
 */

/** Where a server listens. */
export interface ListenAddress {
  /** Without brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const LOOPBACK = "127.0.0.1";

/** Reads a port, or a host and a port, such as `[::1]:9090`; `undefined` where it is neither. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, ipv6, name, digits = ""] =
    /^(?:(?:\[([0-9a-f:.]+)\]|([\w.-]+)):)?(\d{1,5})$/i.exec(text) ??
      [];
  const port = Number(digits);
  if (digits === "" || port > 65_535) return undefined;
  return { host: ipv6 ?? name ?? LOOPBACK, port };
}

/** Whether only this machine reaches the address. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "::ffff:127.0.0.1" ||
    /^127(?:\.\d{1,3}){3}$/.test(host);
}
