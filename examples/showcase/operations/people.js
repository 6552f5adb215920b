// Coming in, being there, and going.
import { REFUSAL } from "./fragments.js";

const SIGNED_IN = `... on SignedIn {
      tokens { accessToken refreshToken expiresIn }
      viewer { user { displayName } }
    }
    ${REFUSAL}`;

export const PEOPLE = {
  Me: `query Me {
  viewer {
    email
    role
    points
    user { id displayName }
  }
}`,

  Login: `mutation Login($input: LoginInput!) {
  login(input: $input) {
    __typename
    ${SIGNED_IN}
  }
}`,

  Register: `mutation Register($input: RegisterInput!) {
  register(input: $input) {
    __typename
    ${SIGNED_IN}
  }
}`,

  RefreshSession: `mutation RefreshSession($input: RefreshSessionInput!) {
  refreshSession(input: $input) {
    __typename
    ${SIGNED_IN}
  }
}`,

  Sessions: `query Sessions {
  viewer {
    sessions { id userAgent createdAt lastUsedAt expiresAt current }
  }
}`,

  RevokeSession: `mutation RevokeSession($input: RevokeSessionInput!) {
  revokeSession(input: $input) {
    __typename
    ... on Session { id }
    ${REFUSAL}
  }
}`,

  RevokeAllSessions: `mutation RevokeAllSessions {
  revokeAllSessions
}`,

  Logout: `mutation Logout {
  logout
}`,
};
