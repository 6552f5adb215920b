// Forms and buttons that do one thing at a time and say in their own place how it went.

/** What `work` answers is said: a refusal as `refusalOf` has it, {good: text}, or nothing. */
export function onSubmit(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    forget(form);
    if (missing(form)) return;
    perform(form, form.querySelector("button"), () => work(valuesOf(form)));
  });
}

export function onClick(button, work) {
  button.addEventListener("click", () => perform(button.closest("article"), button, work));
}

/** Says it where it belongs: problems beside their fields, all else at the end of the form or card. */
export function say(place, outcome) {
  const said = place.closest("article").querySelector(".said");
  said.textContent = outcome?.good ?? (outcome ? words(outcome) : "");
  said.dataset.good = Boolean(outcome?.good);
  for (const { field, message } of outcome?.problems ?? []) beside(place, field.at(-1), message);
}

/** A refusal in one line. */
export const words = ({ code, message, details = [] }) => [`${code}: ${message}`, ...details].join(" ");

async function perform(place, button, work) {
  if (button.hasAttribute("aria-disabled")) return; // `disabled` itself would lose the keyboard's place
  button.setAttribute("aria-disabled", "true");
  say(place, null);
  try {
    say(place, await work());
  } catch (failure) {
    say(place, { code: "FAILED", message: failure.message });
    throw failure; // nothing that was foreseen: the console shall have it too
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

function valuesOf(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value === "" ? null : value]));
}

function missing(form) {
  const empty = [...form.querySelectorAll("[required]")].filter(({ value }) => value === "");
  for (const { name } of empty) beside(form, name, "Please fill this in.");
  empty[0]?.focus();
  return empty.length > 0;
}

function beside(place, name, message) {
  const input = place.querySelector(`[name="${CSS.escape(name)}"]`);
  if (!input) return;
  const problem = document.createElement("small");
  problem.className = "problem";
  problem.id = `${place.id}-${name}-problem`;
  problem.textContent = message;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", problem.id);
  input.after(problem);
}

function forget(form) {
  for (const problem of form.querySelectorAll(".problem")) problem.remove();
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
  }
}
