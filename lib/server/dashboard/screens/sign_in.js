/**
 * Signing in with a token.
 *
 * @module
 */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import { loadStyles } from "../on_demand.js";
import { signIn } from "../session.js";

/** Asks for the token instead of showing a screen. */
export function SignIn({ onSignedIn }) {
  const [values, setValues] = useState({ token: "", name: "" });
  const [problem, setProblem] = useState(null);
  const set = ({ target }) => setValues({ ...values, [target.name]: target.value });
  const submit = async (event) => {
    event.preventDefault();
    try {
      await signIn(values.token.trim(), values.name.trim());
      onSignedIn();
    } catch (error) {
      setProblem(error.message);
    }
  };
  return html`
    <main id="main">
      <div class="head">
        <h1>Sign in to process-queue</h1>
      </div>
      <form class="sign-in stacked" onSubmit=${submit}>
          <p>The command <code>process-queue dashboard</code> prints an address that signs you in. The token is in the file <code>http-token</code> of its state folder.</p>
          <label>Token <input class="wide-field" type="password" name="token" autocomplete="current-password" required value=${values
            .token} onInput=${set} /></label>
          <label>Your name <input class="wide-field" name="name" autocomplete="username" placeholder="Shown beside what you change" value=${values
            .name} onInput=${set} /></label>
          ${problem && html`<p class="problem" role="alert">${problem}</p>`}
          <div class="actions"><button class="first" type="submit">Sign in</button></div>
        </form>
    </main>
  `;
}

/** Shows the form in place of the page, which is loaded again afterwards. */
export async function openSignIn() {
  const [{ render }] = await Promise.all([import("preact"), loadStyles()]);
  const app = document.querySelector("#app");
  render(null, app);
  render(html`<${SignIn} onSignedIn=${() => globalThis.location.reload()} />`, app);
  app.querySelector("input").focus();
}
