// Forms and buttons that do one thing at a time. What is refused is said beside the field it is about, or under the form.
import { el } from "./dom.js";
import { language, problem, t, why, whyIn } from "./words.js";

/** A labelled field; `hint` is read with it. */
export function field(label, input, hint) {
  input.id ||= `field-${input.name}`;
  const parts = [el("label", { htmlFor: input.id }, label), input];
  if (hint) {
    parts.push(el("small", { class: "hint", id: `${input.id}-hint` }, hint));
    input.setAttribute("aria-describedby", `${input.id}-hint`);
  }
  return el("div", { class: "field" }, parts);
}

/** `work` gets the form's values and answers a refusal, or nothing where all is well. */
export function onSubmit(form, work) {
  form.noValidate = true; // the browser would speak its own language, and in balloons
  form.append(el("p", { class: "said", role: "alert" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    forget(form);
    if (missing(form)) return;
    const button = form.querySelector("button[type=submit]");
    once(button, async () => complain(form, await work(Object.fromEntries(new FormData(form)))));
  });
}

/** Presses are not counted while it works; `disabled` would lose the keyboard's place. */
export async function once(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } catch (failure) {
    if (failure.name !== "AbortError") throw failure; // the screen was left meanwhile
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** A button for what cannot be undone: the first press asks, the second one within some seconds does it. */
export function sureButton(label, props, work) {
  const button = el("button", { type: "button", ...props }, label);
  let timer;
  const calm = () => {
    clearTimeout(timer);
    delete button.dataset.asked;
    button.textContent = label;
  };
  button.addEventListener("click", () => {
    if (button.dataset.asked) {
      calm();
      return once(button, work);
    }
    button.dataset.asked = "yes";
    button.textContent = t("confirm.sure");
    timer = setTimeout(calm, 5000);
  });
  button.addEventListener("blur", calm);
  return button;
}

/** Under the form, and beside the fields that `problems` name, by the last word of their path that is a field's name. */
export function complain(form, refusal) {
  if (!refusal) return;
  let first = null;
  for (const wrong of refusal.problems ?? []) {
    const input = [...wrong.field]
      .reverse()
      .map((name) => form.elements[name])
      .find(Boolean);
    if (!input) continue;
    const place = input instanceof RadioNodeList ? input[0] : input;
    beside(place, problem(wrong));
    first ??= place;
  }
  say(form.querySelector(".said"), first ? null : refusal);
  first?.focus();
}

/** A refusal where it belongs, in its language; null for none any more. */
export function say(place, refusal) {
  place.textContent = refusal ? why(refusal) : "";
  if (refusal) place.lang = whyIn(refusal);
}

function beside(input, { words, lang }) {
  const holder = input.closest(".field, fieldset");
  const told = el("small", { class: "problem", id: `${input.id || input.name}-problem`, lang }, words);
  holder.append(told);
  input.setAttribute("aria-invalid", "true");
  const described = [input.getAttribute("aria-describedby"), told.id].filter(Boolean).join(" ");
  input.setAttribute("aria-describedby", described);
}

export function forget(form) {
  say(form.querySelector(".said"), null);
  for (const told of form.querySelectorAll(".problem")) {
    const input = form.querySelector(`[aria-describedby~="${told.id}"]`);
    const rest = input
      ?.getAttribute("aria-describedby")
      .split(" ")
      .filter((id) => id !== told.id)
      .join(" ");
    if (rest) input.setAttribute("aria-describedby", rest);
    else input?.removeAttribute("aria-describedby");
    input?.removeAttribute("aria-invalid");
    told.remove();
  }
}

function missing(form) {
  const empty = [...form.elements].filter((input) => input.required && !input.value.trim());
  for (const input of empty) beside(input, { words: t("form.required"), lang: language() });
  empty[0]?.focus();
  return empty.length > 0;
}
