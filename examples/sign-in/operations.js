// The operations of this page, each whole, so that it can be copied from the journal into GraphiQL.

const REFUSAL = "... on Refusal { code message problems { field message } }";
const SIGNED_IN = `__typename
    ... on SignedIn {
      tokens { accessToken tokenType expiresIn refreshToken refreshExpiresIn }
      csrfToken
      viewer { user { displayName } }
    }
    ${REFUSAL}`;
const VIEWER = `__typename
    ... on Viewer { needsConsent user { displayName } }
    ${REFUSAL}`;

const mutation = (name, input, field, answer) =>
  `mutation ${name}($input: ${input}!) {
  ${field}(input: $input) {
    ${answer}
  }
}`;

export const OPERATIONS = {
  Providers: "query Providers {\n  signInProviders { provider url }\n}",
  Csrf: "query Csrf {\n  viewer { csrfToken }\n}",
  Viewer: `query Viewer {
  viewer {
    email firstName lastName birthday gender regionCode
    role points needsConsent csrfToken
    user { displayName }
    identities { provider linkedAt }
    sessions { id userAgent createdAt lastUsedAt expiresAt current }
  }
}`,
  Live: "subscription Live {\n  watchProgress { cursor }\n}",

  Register: mutation("Register", "RegisterInput", "register", SIGNED_IN),
  Login: mutation("Login", "LoginInput", "login", SIGNED_IN),
  ExchangeLoginCode: mutation("ExchangeLoginCode", "ExchangeLoginCodeInput", "exchangeLoginCode", SIGNED_IN),
  IssueTestToken: mutation("IssueTestToken", "IssueTestTokenInput", "issueTestToken", SIGNED_IN),
  RefreshSession: mutation("RefreshSession", "RefreshSessionInput", "refreshSession", SIGNED_IN),
  ChangePassword: mutation("ChangePassword", "ChangePasswordInput", "changePassword", SIGNED_IN),
  UpdateProfile: mutation("UpdateProfile", "UpdateProfileInput", "updateProfile", VIEWER),
  UnlinkIdentity: mutation("UnlinkIdentity", "UnlinkIdentityInput", "unlinkIdentity", VIEWER),
  RevokeSession: mutation(
    "RevokeSession",
    "RevokeSessionInput",
    "revokeSession",
    `__typename\n    ... on Session { id }\n    ${REFUSAL}`,
  ),
  GiveConsent: `mutation GiveConsent {
  giveConsent {
    ${VIEWER}
  }
}`,
  Logout: "mutation Logout {\n  logout\n}",
  RevokeAllSessions: "mutation RevokeAllSessions {\n  revokeAllSessions\n}",
};
