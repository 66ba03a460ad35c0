/**
 * The routes of the dashboard's page and its files. They show nothing of queues, so everybody who
 * reaches the server may read them: the page signs in.
 *
 * @module
 */

import type { Asset, Assets } from "./assets.ts";
import { HttpError } from "./http_error.ts";
import type { Call, Route } from "./router.ts";

/** The paths of the screens. */
const SCREENS: readonly string[] = [
  "/",
  "/queues/:queue",
  "/queues/:queue/failed",
  "/queues/:queue/failed/:handle",
  "/processes",
  "/checks",
];
/** The page's own files lie at most so deep. */
const ASSETS: readonly string[] = [
  "/assets/:a",
  "/assets/:a/:b",
  "/assets/:a/:b/:c",
];

/** Makes the routes. */
export function pageRoutes(assets: Assets): Route[] {
  return [
    ...SCREENS.map((path) => route(path, (call) => sent(assets.page, call))),
    ...ASSETS.map((path) =>
      route(path, (call) => {
        const name = Object.values(call.params).join("/");
        const asset = assets.all.get(name);
        if (asset) return sent(asset, call);
        throw new HttpError("not_found", "There is no such file");
      })
    ),
  ];
}

function route(path: string, handle: Route["handle"]): Route {
  return { method: "GET", path, right: "probes", handle };
}

/** The file; nothing where the browser has the same one. */
function sent({ bytes, gzipped, type, etag }: Asset, { request }: Call): Response {
  const headers: Record<string, string> = {
    "Cache-Control": "no-cache",
    "ETag": etag,
    "Vary": "Accept-Encoding",
  };
  const known = request.headers.get("If-None-Match")?.replaceAll("W/", "") ?? "";
  if (known.split(",").some((each) => each.trim() === etag)) {
    return new Response(null, { status: 304, headers });
  }
  headers["Content-Type"] = type;
  const isGzip = /\bgzip\b/.test(request.headers.get("Accept-Encoding") ?? "");
  if (isGzip) headers["Content-Encoding"] = "gzip";
  return new Response(isGzip ? gzipped : bytes, { headers });
}
