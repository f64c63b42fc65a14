// What pages do more quickly with a script; without it every page works, too.
"use strict";

// Copy the text of an element that a button names, and say so.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = "value" in source ? source.value : source.textContent;
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.done;
  } catch {
    // Browsers refuse the clipboard over plain HTTP from another machine: let the person copy it.
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    button.textContent = button.dataset.selected;
  }
  setTimeout(() => (button.textContent = before), 2000);
});

// Lists that offer a form for whatever is ticked.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    for (const box of document.querySelectorAll(event.target.dataset.all)) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// Enter at a tick leads past the rest of a long list to what is done with the ticked, rather than doing the first of it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("#ticked [type=checkbox]")) return;
  event.preventDefault();
  document.getElementById("action").focus();
});

// A form leaves the page only for a server that can be reached: else what was typed stays here. And a press of a button that
// takes long is not pressed twice.
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent === "now") {
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, form.hasAttribute("data-again") ? 0 : 10000);
    return;
  }
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "asked";
  try {
    await fetch("/health/live", { cache: "no-store" });
  } catch (error) {
    delete form.dataset.sent;
    return unreached(error);
  }
  reached();
  form.dataset.sent = "now";
  form.requestSubmit(submitter);
  // A field that the browser does not let through.
  if (form.dataset.sent === "now") delete form.dataset.sent;
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A menu that is wider than the screen begins where one is.
document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A part of a page that did not come: say so, and leave everything as it is.
const reached = () => document.getElementById("unreached")?.remove();
const unreached = (event) => {
  reached();
  const said = document.createElement("p");
  said.id = "unreached";
  said.className = "box bad";
  said.setAttribute("role", "alert");
  said.textContent = document.body.dataset[event.type === "htmx:responseError" ? "refused" : "unreached"];
  document.getElementById("main").prepend(said);
};
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.addEventListener(name, unreached);
document.addEventListener("htmx:afterSwap", reached);

// A form that is shown again after signing in stands at the address of its own page.
const place = document.querySelector("[data-place]")?.dataset.place;
if (place) history.replaceState(null, "", place);

// "/" goes to the search field, as in many consoles.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.querySelector("[data-search]");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
});

// A chosen or dropped file is read into a field; nothing is sent before the form is.
const read = async (file, field) => {
  if (file.size > 65536) file = file.slice(0, 65536);
  field.value = await file.text();
  field.focus();
};
document.addEventListener("change", (event) => {
  const { into } = event.target.dataset;
  if (into && event.target.files.length) read(event.target.files[0], document.getElementById(into));
});
document.addEventListener("dragover", (event) => {
  if (event.target.matches("[data-drop]") && event.dataTransfer.types.includes("Files")) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  if (!event.target.matches("[data-drop]") || !event.dataTransfer.files.length) return;
  event.preventDefault();
  read(event.dataTransfer.files[0], event.target);
});
