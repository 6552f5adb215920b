import { useState } from "react";
import { session } from "./session.js";
import { createState } from "./state.js";

/** The stream to watch, as startStream answered it, or null. */
export const player = createState(null);

// A stream ends with its session: what is left of it in the player would play on to the first seek only.
session.subscribe(({ token }) => token === null && player.get() && player.set(null));

export function Player() {
  const stream = player.use();
  if (!stream) return null;
  return <Panel key={stream.url} {...stream} />;
}

function Panel({ url, contentType, resumeAtSeconds, content }) {
  const [failure, setFailure] = useState(null);
  const resume = (event) => {
    if (resumeAtSeconds > 0) event.currentTarget.currentTime = resumeAtSeconds;
  };
  return (
    <aside id="marquee-player" aria-label="Player">
      <header>
        <h2>{content?.title ?? "Your stream"}</h2>
        <a href={url} target="_blank" rel="noopener noreferrer">
          Open in a new tab
        </a>
        <button type="button" aria-label="Close the player" onClick={() => player.set(null)}>
          ×
        </button>
      </header>
      <video controls autoPlay playsInline src={url} onLoadedMetadata={resume} onError={async () => setFailure(await reason(url, contentType))} />
      {failure && <p role="alert">{failure}</p>}
    </aside>
  );
}

async function reason(url, contentType) {
  const { status } = await fetch(url, { method: "HEAD", credentials: "omit" }).catch(() => ({ status: 0 }));
  if (status === 404) {
    return "This address plays nothing any more: its time is up, or its session has ended. Run startStream again.";
  }
  return `This browser could not play ${contentType} here. The link above opens it in a new tab.`;
}
