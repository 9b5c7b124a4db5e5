// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2
//
// An answer that goes to an app by a form goes at once. Without this script a button sends it.
document.querySelector("form[data-send]")?.submit();

// Adds to each handle a button that copies it. Without this script it is selected with one click.
if (navigator.clipboard) {
  const words = document.body.dataset;
  for (const handle of document.querySelectorAll("[data-handle]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = words.copy;
    button.setAttribute("aria-label", `${words.copy}: ${handle.textContent}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(handle.textContent);
      button.textContent = words.copied;
      button.setAttribute("aria-label", words.copied);
    });
    handle.after(button);
  }
}
