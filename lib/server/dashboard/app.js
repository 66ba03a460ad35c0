/**
 * The page: signs in, follows the server and shows the screen that the address names.
 *
 * @module
 */

import { html, render } from "htm/preact";
import { useState } from "preact/hooks";
import { failedPath, go, path, useAddress } from "./address.js";
import { failedTarget, Foot, Top } from "./frame.js";
import { setHold, start, useLive } from "./live.js";
import { onDemand } from "./on_demand.js";
import { Problem } from "./parts.js";
import { Screen as Queues } from "./screens/queues.js";
import * as session from "./session.js";
import { listen, moveRow, useKeys } from "./shortcuts.js";
import { nextTheme } from "./theme.js";

/** Each screen. All but the first are loaded when they are first shown. */
const SCREENS = {
  queues: Queues,
  queue: onDemand(() => import("./screens/queue.js").then(({ Screen }) => Screen)),
  failed: onDemand(() => import("./screens/failed.js").then(({ Screen }) => Screen)),
  event: onDemand(() => import("./screens/event.js").then(({ Screen }) => Screen)),
  processes: onDemand(() => import("./screens/processes.js").then(({ Screen }) => Screen)),
  checks: onDemand(() => import("./screens/checks.js").then(({ Screen }) => Screen)),
};
const Banner = onDemand(() => import("./banner.js").then((file) => file.Banner));
const KeysDialog = onDemand(() => import("./keys_dialog.js").then((file) => file.KeysDialog));
const SignIn = onDemand(() => import("./screens/sign_in.js").then((file) => file.SignIn));

function App() {
  const address = useAddress();
  const live = useLive();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useKeys({
    next: () => moveRow(1),
    previous: () => moveRow(-1),
    filter: () => document.querySelector("main [type=search]")?.focus(),
    hold: () => setHold({ isHeld: !live.isHeld }),
    theme: nextTheme,
    help: () => setHelpOpen(true),
    back: () => back(address),
    "go queues": () => go(path()),
    "go failed": () => go(failedPath(address.queue ?? failedTarget(live.view))),
    "go processes": () => go(path("processes")),
    "go checks": () => go(path("checks")),
  }, true);
  return html`
    <a class="skip" href="#main">Skip to content</a>
        <${Top} address=${address} live=${live} />
        <${Banner} live=${live} />
        <p class="unseen" role="status">${live.changes}</p>
        <main id="main" tabindex="-1">
      <${Screen} key=${keyOf(address)} address=${address} />
    </main>
        <${Foot} address=${address} onHelp=${() => setHelpOpen(true)} />
        ${isHelpOpen && html`<${KeysDialog} onClose=${() => setHelpOpen(false)} />`}
  `;
}

/** Another queue or event is another screen: its dialogs act on what they have shown. */
const keyOf = ({ screen, queue, handle }) => JSON.stringify([screen, queue, handle]);

function Screen({ address }) {
  const Named = SCREENS[address.screen];
  if (!Named) return html`<${Problem} error=${new Error("There is no such page.")} />`;
  return html`<${Named} ...${address} />`;
}

/** One step up: from an event to its queue's failed events, from there to the queue, to all queues. */
function back({ screen, queue }) {
  const up = { event: () => failedPath(queue), failed: () => path("queues", queue) }[screen];
  go(up ? up() : path());
}

async function begin() {
  const app = document.createElement("div");
  app.id = "app";
  document.body.replaceChildren(app);
  try {
    await session.begin();
  } catch (error) {
    return render(
      html`
        <main>
          <${Problem} error=${error}>
            <p><a href="">Load again</a></p>
            <//>
            </main>
      `,
      app,
    );
  }
  listen();
  if (session.may("numbers")) return showApp(app);
  render(html`<${SignIn} onSignedIn=${() => showApp(app)} />`, app);
}

function showApp(app) {
  render(null, app);
  render(html`<${App} />`, app);
  start();
}

begin();
