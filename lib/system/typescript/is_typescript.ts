/**
 * Which modules are TypeScript.
 *
 * @module
 */

/** Reports whether a URL is that of a file in TypeScript. */
export function isTypeScript(url: string): boolean {
  return url.startsWith("file:") && /\.m?ts$/.test(new URL(url).pathname);
}
