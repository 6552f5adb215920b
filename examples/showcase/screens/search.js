// Search as one types, with what was found marked, and facets that say what else to choose from.
import { el, highlighted, languageOf } from "../dom.js";
import { ask } from "../graphql.js";
import { bar, empty, failed, more, poster } from "../parts.js";
import { remember } from "../router.js";
import { number, t, year } from "../words.js";

const WAIT_MILLISECONDS = 200;
const LIMIT = 20;
const EXAMPLES = ["여름을", "lighthose", "ㅎㄱ", "달빛"];
const FILTERS = { GENRE: "genre", AGE_RATING: "ageRating", RELEASE_YEAR: "releaseYear" };

export const search = {
  className: "search",
  operations: ["Search"],

  async show(content, { params, signal }) {
    const choice = {
      text: params.get("q") ?? "",
      genre: params.get("genre"),
      ageRating: params.get("ageRating"),
      releaseYear: Number(params.get("releaseYear")) || null,
    };
    const input = el("input", {
      id: "search-text",
      type: "search",
      value: choice.text,
      maxLength: 500,
      autocomplete: "off",
      spellcheck: false,
    });
    const parts = {
      said: el("p", { class: "count", role: "status" }),
      facets: el("div", { class: "facets" }),
      results: el("div", { class: "results" }),
    };
    const look = looking(choice, parts, signal, input);
    let timer;
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        choice.text = input.value.trim();
        look();
      }, WAIT_MILLISECONDS);
    });
    signal.addEventListener("abort", () => clearTimeout(timer));
    const tries = EXAMPLES.map((text) => {
      const button = el("button", { type: "button", class: "chip", lang: languageOf(text) }, text);
      button.addEventListener("click", () => {
        input.value = choice.text = text;
        look();
      });
      return button;
    });
    content.replaceChildren(
      el("h1", {}, t("search.title")),
      el(
        "form",
        { class: "search-box", role: "search", on: { submit: (event) => event.preventDefault() } },
        el("label", { htmlFor: "search-text" }, t("search.label")),
        input,
        el("div", { class: "tries" }, el("span", { class: "hint" }, t("search.hint")), tries),
      ),
      el("div", { class: "search-body" }, parts.facets, el("div", {}, parts.said, parts.results)),
    );
    await look();
  },
};

/** Of several searches under way, the last one alone is shown. */
function looking(choice, parts, leaving, input) {
  let current = new AbortController();
  leaving.addEventListener("abort", () => current.abort());
  return async function look() {
    current.abort();
    current = new AbortController();
    const { signal } = current;
    remember({ q: choice.text, genre: choice.genre, ageRating: choice.ageRating, releaseYear: choice.releaseYear });
    parts.results.setAttribute("aria-busy", "true");
    try {
      const answer = await ask("Search", variablesOf(choice, 0), { signal });
      if (!signal.aborted) show(answer, choice, parts, look, signal, input);
    } catch (failure) {
      if (failure.name !== "AbortError") throw failure;
    }
  };
}

function variablesOf({ text, genre, ageRating, releaseYear }, offset) {
  const given = Object.entries({ genre, ageRating, releaseYear }).filter(([, value]) => value);
  return { text, filter: Object.fromEntries(given), limit: LIMIT, offset };
}

function show({ data, refusal }, choice, { said, facets, results }, look, signal, input) {
  results.removeAttribute("aria-busy");
  if (refusal) {
    said.textContent = "";
    return results.replaceChildren(failed(refusal, look));
  }
  const { hits, estimatedTotalHits: total, processingTimeMs: ms } = data.search;
  said.textContent = t("search.results", { n: number(total), ms });
  showFacets(facets, data.search.facets, choice, look);
  if (!hits.length) {
    const clear = () => {
      Object.assign(choice, { genre: null, ageRating: null, releaseYear: null });
      input.focus();
      look();
    };
    const isFiltered = choice.genre || choice.ageRating || choice.releaseYear;
    const button = isFiltered && el("button", { type: "button", on: { click: clear } }, t("search.clear"));
    return results.replaceChildren(
      empty(t("search.none", { text: choice.text }), el("p", { class: "hint" }, t("search.noneHint")), button),
    );
  }
  const list = el("ul", { class: "hits" }, hits.map(hit));
  results.replaceChildren(list);
  let offset = hits.length;
  if (offset >= total) return;
  const next = async () => {
    const answer = await ask("Search", variablesOf(choice, offset), { signal });
    if (answer.refusal) return answer;
    const items = answer.data.search.hits.map(hit);
    list.append(...items);
    offset += items.length;
    return { items, isLast: offset >= total || !items.length };
  };
  results.append(more(next));
}

function hit({ highlightedTitle, highlightedDescription, content }) {
  const facts = [
    year(content.releaseDate),
    t(`age.${content.ageRating}`),
    content.genres.map(({ name }) => name).join(", "),
  ];
  return el(
    "li",
    {},
    el(
      "a",
      { class: "hit", href: `#/title/${content.id}` },
      el("div", { class: "card-picture" }, poster(content), bar(content.id, content.viewerProgress)),
      el(
        "div",
        { class: "hit-words" },
        el("h2", { lang: languageOf(content.title) }, highlighted(highlightedTitle)),
        el("p", { class: "facts" }, facts.filter(Boolean).join(" · ")),
        el("p", { lang: languageOf(highlightedDescription) }, highlighted(highlightedDescription)),
      ),
    ),
  );
}

/** A facet's own choice can be taken back; the keyboard stays where it was. */
function showFacets(place, facets, choice, look) {
  const held = place.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const groups = facets
    .filter(({ values }) => values.length)
    .map(({ facet, values }) => {
      const id = `facet-${facet}`;
      const chips = values.slice(0, 12).map(({ value, count }) => facetChip(facet, value, count, choice, look));
      return el(
        "div",
        { class: "facet" },
        el("h2", { id }, t(`facet.${facet}`)),
        el("div", { class: "chips wrapped", role: "group", "aria-labelledby": id }, chips),
      );
    });
  place.replaceChildren(...groups);
  if (held) place.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
}

function facetChip(facet, value, count, choice, look) {
  const filter = FILTERS[facet];
  const isChosen = String(choice[filter] ?? "") === value;
  const label = facet === "AGE_RATING" ? t(`age.${value}`) : value;
  const pressed = () => {
    choice[filter] = isChosen ? null : facet === "RELEASE_YEAR" ? Number(value) : value;
    look();
  };
  return el(
    "button",
    {
      type: "button",
      class: "chip",
      "aria-pressed": String(isChosen),
      data: { key: `${facet}:${value}` },
      on: { click: pressed },
    },
    el("span", { lang: facet === "GENRE" ? languageOf(value) : null }, label),
    " ",
    el("span", { class: "number" }, number(count)),
  );
}
