// Streams, and where one is in them.
import { CARD, PROGRESS, REFUSAL, whole } from "./fragments.js";

export const WATCHING = {
  StartStream: `mutation StartStream($input: StartStreamInput!) {
  startStream(input: $input) {
    __typename
    ... on StreamStarted {
      url
      contentType
      expiresAt
      resumeAtSeconds
      firstView
      pointsAwarded
      pointsBalance
    }
    ${REFUSAL}
  }
}`,

  RecordWatchProgress: whole(
    `mutation RecordWatchProgress($input: RecordWatchProgressInput!) {
  recordWatchProgress(input: $input) {
    __typename
    ... on ProgressRecorded {
      progress { ...Progress }
    }
    ${REFUSAL}
  }
}`,
    PROGRESS,
  ),

  WatchProgress: whole(
    `subscription WatchProgress($after: String) {
  watchProgress(after: $after) {
    cursor
    progress { ...Progress }
  }
}`,
    PROGRESS,
  ),

  ContinueWatching: whole(
    `query ContinueWatching($first: Int!) {
  viewer {
    continueWatching(first: $first) {
      nodes { ...Progress }
    }
  }
}`,
    PROGRESS,
  ),

  MyPage: whole(
    `query MyPage($first: Int!, $after: String) {
  viewer {
    points
    pointEntries(first: 5) {
      totalCount
      nodes { id points reason createdAt content { id title } }
    }
    watchHistory(first: $first, after: $after) {
      totalCount
      nodes { ...Progress }
      pageInfo { hasNextPage endCursor }
    }
    likedContents(first: 12) {
      totalCount
      nodes { ...Card }
    }
  }
}`,
    PROGRESS,
    CARD,
  ),
};
