// What several operations select alike.

export const REFUSAL = "... on Refusal { code message problems { field message } }";

export const CARD = `fragment Card on Content {
  id
  title
  posterUrl
  ageRating
  releaseDate
  averageRating
  genres { name }
  videoAssets { id }
  viewerProgress { positionSeconds durationSeconds completed observedAt }
}`;

export const PROGRESS = `fragment Progress on WatchProgress {
  positionSeconds
  durationSeconds
  completed
  observedAt
  content { id title posterUrl }
}`;

/** An operation with the fragments it needs, as one text. */
export const whole = (operation, ...fragments) => [operation, ...fragments].join("\n\n");
