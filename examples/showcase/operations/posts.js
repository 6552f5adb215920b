// Posts, and the pictures that go with them.
import { REFUSAL, whole } from "./fragments.js";

const POST = `fragment PostParts on Post {
  id
  body
  createdAt
  imageUrl
  image { id status }
  author { id displayName }
}`;

const TICKET = `upload {
        image { id }
        url
        method
        headers { name value }
      }`;

export const POSTS = {
  Posts: whole(
    `query Posts($first: Int!, $after: String) {
  posts(first: $first, after: $after) {
    totalCount
    nodes { ...PostParts }
    pageInfo { hasNextPage endCursor }
  }
}`,
    POST,
  ),

  Post: whole(
    `query Post($id: ID!) {
  post(id: $id) { ...PostParts }
}`,
    POST,
  ),

  CreatePost: whole(
    `mutation CreatePost($input: CreatePostInput!) {
  createPost(input: $input) {
    __typename
    ... on PostCreated {
      post { ...PostParts }
      ${TICKET}
    }
    ${REFUSAL}
  }
}`,
    POST,
  ),

  CompleteImageUpload: `mutation CompleteImageUpload($input: CompleteImageUploadInput!) {
  completeImageUpload(input: $input) {
    __typename
    ... on Image { id status }
    ${REFUSAL}
  }
}`,

  DeletePost: `mutation DeletePost($input: DeletePostInput!) {
  deletePost(input: $input) {
    __typename
    ... on Deleted { id }
    ${REFUSAL}
  }
}`,
};
