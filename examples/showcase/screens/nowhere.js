import { el } from "../dom.js";
import { empty } from "../parts.js";
import { t } from "../words.js";

export const nowhere = {
  show(content) {
    content.replaceChildren(
      el("h1", {}, t("error.notFound")),
      empty("404", el("a", { class: "button main", href: "#/" }, t("error.home"))),
    );
  },
};
