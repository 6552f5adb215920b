// What was sent and answered, newest first, for a developer to read. What gives access is not shown whole.

const HIDDEN = new Set(["password", "currentPassword", "newPassword"]);
const SHORTENED = new Set(["accessToken", "refreshToken", "csrfToken", "access_token", "refresh_token", "id_token"]);
// In answers, `code` is why something was refused.
const SHORTENED_WHERE_SENT = new Set([...SHORTENED, "code", "code_verifier"]);
const MOST = 60;

const list = document.getElementById("journal");

/**
 * Something that is sent: `title` names it, `how` says as whom, `lines` are its head, `text` is the operation.
 * `quiet` is for what the page asks by itself: it stays folded.
 */
export function note({ title, how, lines, text, variables, quiet = false }) {
  const started = performance.now();
  const result = element("span", "result", "…");
  const answers = element("div");
  const details = document.createElement("details");
  details.append(summary(title, how, result), part("Sent", sent(lines, text, variables)), answers);
  if (!quiet) {
    for (const other of list.querySelectorAll("details[open]")) other.open = false;
    details.open = true;
  }
  const item = document.createElement("li");
  item.append(details);
  list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild.remove();

  return {
    /** The answer, with what became of it in a few words. */
    answered(good, said, body) {
      result.textContent = `${said} · ${Math.round(performance.now() - started)} ms`;
      result.dataset.good = good;
      answers.append(part("Answered", pretty(body, SHORTENED)));
    },
    /** One of several messages, of what stays open. */
    heard(good, said, message) {
      result.textContent = said;
      result.dataset.good = good;
      answers.append(part(said, pretty(message, SHORTENED)));
    },
  };
}

export function shortened(secret) {
  const text = String(secret ?? "");
  return text.length > 16 ? `${text.slice(0, 6)}…${text.slice(-4)}` : "…";
}

function summary(title, how, result) {
  const made = document.createElement("summary");
  made.append(element("b", "", title), element("span", "how", how), result);
  return made;
}

function sent(lines, text, variables) {
  const given = variables && Object.keys(variables).length ? pretty(variables, SHORTENED_WHERE_SENT) : "";
  return [lines.join("\n"), text, given].filter(Boolean).join("\n\n");
}

function pretty(body, secrets) {
  if (typeof body === "string") return body;
  const veil = (key, value) => {
    if (typeof value !== "string" || !value) return value;
    if (HIDDEN.has(key)) return "••••••••";
    return secrets.has(key) ? shortened(value) : value;
  };
  return JSON.stringify(body, veil, 2) ?? "";
}

function part(title, text) {
  const made = element("div", "part");
  made.append(element("h3", "", title), element("pre", "", text));
  return made;
}

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}
