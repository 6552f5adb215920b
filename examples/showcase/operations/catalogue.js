// What there is to watch, and what people think of it.
import { CARD, REFUSAL, whole } from "./fragments.js";

const REVIEW = `fragment ReviewParts on Review {
  id
  rating
  body
  createdAt
  updatedAt
  author { id displayName }
}`;

export const CATALOGUE = {
  Front: whole(
    `query Front {
  genres { id name }
  featured: contents(first: 6, orderBy: MOST_LIKED) {
    nodes { ...Card description likeCount runtimeMinutes }
  }
}`,
    CARD,
  ),

  Browse: whole(
    `query Browse($first: Int!, $after: String, $order: ContentOrder!, $filter: ContentFilter) {
  contents(first: $first, after: $after, orderBy: $order, filter: $filter) {
    totalCount
    nodes { ...Card }
    pageInfo { hasNextPage endCursor }
  }
}`,
    CARD,
  ),

  Search: whole(
    `query Search($text: String!, $filter: SearchFilter, $limit: Int!, $offset: Int!) {
  search(
    query: $text
    filter: $filter
    limit: $limit
    offset: $offset
    facets: [GENRE, AGE_RATING, RELEASE_YEAR]
  ) {
    query
    estimatedTotalHits
    processingTimeMs
    hits {
      highlightedTitle
      highlightedDescription
      content { ...Card }
    }
    facets {
      facet
      values { value count }
    }
  }
}`,
    CARD,
  ),

  Title: whole(
    `query Title($id: ID!) {
  content(id: $id) {
    ...Card
    description
    runtimeMinutes
    likeCount
    likedByViewer
    viewCount
    reviewCount
    corporation { name }
    viewerReview { ...ReviewParts }
  }
}`,
    CARD,
    REVIEW,
  ),

  Reviews: whole(
    `query Reviews($id: ID!, $first: Int!, $after: String) {
  content(id: $id) {
    averageRating
    reviewCount
    reviews(first: $first, after: $after) {
      nodes { ...ReviewParts }
      pageInfo { hasNextPage endCursor }
    }
  }
}`,
    REVIEW,
  ),

  LikeContent: `mutation LikeContent($input: LikeContentInput!) {
  likeContent(input: $input) {
    __typename
    ... on Content { id likeCount likedByViewer }
    ${REFUSAL}
  }
}`,

  UnlikeContent: `mutation UnlikeContent($input: LikeContentInput!) {
  unlikeContent(input: $input) {
    __typename
    ... on Content { id likeCount likedByViewer }
    ${REFUSAL}
  }
}`,

  CreateReview: whole(
    `mutation CreateReview($input: CreateReviewInput!) {
  createReview(input: $input) {
    __typename
    ... on Review { ...ReviewParts }
    ${REFUSAL}
  }
}`,
    REVIEW,
  ),

  UpdateReview: whole(
    `mutation UpdateReview($input: UpdateReviewInput!) {
  updateReview(input: $input) {
    __typename
    ... on Review { ...ReviewParts }
    ${REFUSAL}
  }
}`,
    REVIEW,
  ),

  DeleteReview: `mutation DeleteReview($input: DeleteReviewInput!) {
  deleteReview(input: $input) {
    __typename
    ... on Deleted { id }
    ${REFUSAL}
  }
}`,
};
