// Builds the page into web/static/graphiql. Nothing there is written by hand.
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const OUT = here("../static/graphiql");

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });

const common = {
  absWorkingDir: here("."),
  outdir: OUT,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  alias: {
    "prettier/plugins/estree": here("jsonc.js"),
    "prettier/parser-babel": here("jsonc.js"),
    "prettier/parser-graphql": "prettier/plugins/graphql",
  },
  legalComments: "none",
  banner: { js: "/* Licences: LICENSES.txt */", css: "/* Licences: LICENSES.txt */" },
  metafile: true,
  logLevel: "warning",
};
const page = await build({
  ...common,
  entryPoints: ["main.jsx"],
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "file", ".woff2": "file" },
  assetNames: "[name]",
  publicPath: "/graphql/static",
  plugins: [slimEditor()],
});
const workers = await build({
  ...common,
  entryPoints: [
    { in: "monaco-editor/esm/vs/editor/editor.worker.js", out: "editor.worker" },
    { in: "monaco-editor/esm/vs/language/json/json.worker.js", out: "json.worker" },
    { in: "monaco-graphql/esm/graphql.worker.js", out: "graphql.worker" },
  ],
  splitting: true,
  chunkNames: "worker-[hash]",
});

for (const file of ["index.html", "icon.svg"]) await cp(here(file), `${OUT}/${file}`);
await writeFile(`${OUT}/LICENSES.txt`, await licences());

for (const file of await readdir(OUT)) console.log(String((await stat(`${OUT}/${file}`)).size).padStart(9), file);

/** Monaco without the parts that neither GraphQL nor JSON has a use for. */
function slimEditor() {
  const unused = new RegExp(
    [
      ...["codelens", "colorPicker", "diffEditor", "dropOrPasteInto", "inlayHints", "inlineEdit", "inlineProgress"],
      ...["inlineCompletions", "InlineCompletions", "linkedEditing", "rename", "sectionHeaders", "semanticTokens"],
      ...["stickyScroll", "inspectTokens", "toggleHighContrast", "iPadShowKeyboard"],
    ].join("|"),
  );
  const load = (filter, change) => ({ onLoad }) =>
    onLoad({ filter }, async ({ path }) => ({ contents: change(await readFile(path, "utf8")), loader: "js" }));
  const withoutUnused = (text) => text.replace(/^import '.*';$/gm, (line) => (unused.test(line) ? "" : line));
  return {
    name: "slim-editor",
    setup(builder) {
      load(/vs[\\/]editor[\\/](editor\.all|edcore\.main)\.js$/, withoutUnused)(builder);
      load(/widget[\\/]diffEditor[\\/]diffEditorWidget\.js$/, () => "export class DiffEditorWidget {}")(builder);
      load(/widget[\\/]multiDiffEditor[\\/]multiDiffEditorWidget\.js$/, () => "export class MultiDiffEditorWidget {}")(builder);
    },
  };
}

/** The licence of every package of which a file went into the page, each text once, with the notices some of them carry. */
async function licences() {
  const packagesByText = new Map();
  for (const folder of usedPackages()) {
    const { name, version, license } = JSON.parse(await readFile(here(`${folder}/package.json`), "utf8"));
    const text = await licenceText(folder, name);
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const sections = [...packagesByText].map(([text, names]) => `${[...new Set(names)].join("\n")}\n\n${text}`);
  const codicons = "codicon.ttf, of monaco-editor: Visual Studio Code icons, Copyright (c) Microsoft Corporation, CC BY 4.0";
  return [codicons, ...sections].join(`\n\n${"=".repeat(100)}\n\n`) + "\n";
}

function usedPackages() {
  const outputs = [page, workers].flatMap(({ metafile }) => Object.values(metafile.outputs));
  const files = outputs.flatMap(({ inputs }) => Object.keys(inputs));
  const folder = /^node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+(?=\/)/;
  return [...new Set(files.map((file) => file.match(folder)?.[0]).filter(Boolean))].sort();
}

async function licenceText(folder, name) {
  // These come without a text, and are of the same repository or the same hand as one that has it.
  const lender = {
    "@graphiql/plugin-doc-explorer": "graphiql",
    "@graphiql/plugin-history": "graphiql",
    "react-compiler-runtime": "react",
    "react-remove-scroll-bar": "react-remove-scroll",
  };
  const source = name in lender ? `node_modules/${lender[name]}` : folder;
  const files = (await readdir(here(source))).filter((file) => /^(licen[cs]e|third-?party-?notices)/i.test(file));
  if (!files.length) throw new Error(`no licence text in ${folder}`);
  const texts = await Promise.all(files.sort().map((file) => readFile(here(`${source}/${file}`), "utf8")));
  return texts.map((text) => text.replaceAll("\r", "").trim()).join("\n\n");
}
