import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { Bar } from "./Bar.jsx";
import { loadExamples } from "./examples.js";
import { fetcher } from "./fetcher.js";
import { Player } from "./Player.jsx";
import { learnName } from "./session.js";
import { savedTab, storage } from "./tabs.js";
import "./main.css";

// GraphiQL's editor asks for its workers by language. They are files of this site, so that no blob: or data: is needed.
const WORKERS = { json: "json.worker.js", graphql: "graphql.worker.js" };
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) =>
    new Worker(`/graphql/static/${WORKERS[label] ?? "editor.worker.js"}`, { type: "module", name: label }),
};

/** The editor measures letters once: with a font that comes later, its cursor would stand beside the text. */
const fontsLoaded = Promise.race([
  Promise.allSettled(['15px "Fira Code"', "15px Roboto", "500 15px Roboto"].map((font) => document.fonts.load(font))),
  new Promise((resolve) => setTimeout(resolve, 2000)),
]);

function Page({ examples }) {
  const active = savedTab() ?? examples[0];
  return (
    <>
      <Bar />
      <main>
        <GraphiQL
          fetcher={fetcher}
          storage={storage}
          defaultTabs={examples.length ? examples : undefined}
          initialQuery={active?.query ?? ""}
          initialVariables={active?.variables ?? ""}
          defaultEditorToolsVisibility="variables"
          shouldPersistHeaders={false}
        >
          <GraphiQL.Logo>
            <></>
          </GraphiQL.Logo>
        </GraphiQL>
      </main>
      <Player />
    </>
  );
}

learnName();
const [examples] = await Promise.all([loadExamples(), fontsLoaded]);
createRoot(document.getElementById("root")).render(<Page examples={examples} />);
