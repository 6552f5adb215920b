// A Prettier plugin for the variables and headers: GraphiQL would bring Prettier's whole JavaScript printer for them.
import { applyEdits, format } from "jsonc-parser";

const tidy = (text) => applyEdits(text, format(text, undefined, { insertSpaces: true, tabSize: 2 })).trim();

export const parsers = {
  jsonc: { parse: (text) => ({ text }), astFormat: "jsonc", locStart: () => 0, locEnd: ({ text }) => text.length },
};
export const printers = { jsonc: { print: (path) => tidy(path.node.text) } };
