/**
 * Dialogs: what will happen, before the button that does it.
 *
 * @module
 */

import { html } from "htm/preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { setHold } from "./live.js";

/**
 * A dialog. Cancel has the focus and is the form's first button, so that Enter in a field cancels
 * too; Esc closes it.
 *
 * @param onYes Does it; a promise. The dialog closes when it is fulfilled and shows why it is not.
 */
export function Dialog(
  { title, note, yes, kind = "first", isReady = true, onYes, onClose, children },
) {
  const ref = useRef(null);
  const [state, setState] = useState({ isBusy: false, problem: null });
  useLayoutEffect(() => open(ref.current), []);
  const submit = async (event) => {
    event.preventDefault();
    if (event.submitter?.value !== "yes") return ref.current.close();
    setState({ isBusy: true, problem: null });
    try {
      await onYes();
      ref.current?.close();
    } catch (error) {
      setState({ isBusy: false, problem: error.message });
    }
  };
  return html`
    <dialog ref=${ref} aria-labelledby="dialog-title" onClose=${onClose}>
      <form method="dialog" onSubmit=${submit}>
          <div><h2 id="dialog-title">${title}</h2>${note &&
            html`<p class="quiet">${note}</p>`}</div>
          ${children}
          ${state.problem && html`<p class="problem" role="alert">${state.problem}</p>`}
          <div class="actions">
            <button type="submit" value="no" data-cancel>${yes ? "Cancel" : "Close"}</button>
            ${yes &&
              html`<button type="submit" value="yes" class=${kind} disabled=${
                !isReady || state.isBusy
              }>${state.isBusy ? "Sending…" : yes}</button>`}
          </div>
        </form>
    </dialog>
  `;
}

function open(dialog) {
  setHold({ isDialogOpen: true });
  dialog.showModal();
  dialog.querySelector("[data-cancel]").focus();
  return () => {
    setHold({ isDialogOpen: false });
    dialog.close();
  };
}
