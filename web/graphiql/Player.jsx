import { useState } from "react";
import { createState } from "./state.js";

/** The stream to watch, as startStream answered it, or null. */
export const player = createState(null);

export function Player() {
  const stream = player.use();
  if (!stream) return null;
  return <Panel key={stream.url} {...stream} />;
}

function Panel({ url, contentType, resumeAtSeconds, content }) {
  const [failed, setFailed] = useState(false);
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
      <video controls autoPlay playsInline src={url} onLoadedMetadata={resume} onError={() => setFailed(true)} />
      {failed && <p>This browser could not play {contentType} here. The link above opens it in a new tab.</p>}
    </aside>
  );
}
