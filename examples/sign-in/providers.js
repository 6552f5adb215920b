// A button for each provider that this server is set up for; for the others, what is missing.

const KNOWN = {
  GOOGLE: { name: "Google", settings: "GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET" },
  GITHUB: { name: "GitHub", settings: "GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET" },
  KAKAO: { name: "Kakao", settings: "KAKAO_CLIENT_ID, and KAKAO_CLIENT_SECRET if Kakao wants one" },
};

const ON_THE_WAY = "marquee:on-the-way";

/** Whether this tab went to a provider. Else the code in its address is somebody else's, who wants us to be them. */
export function wasOnTheWay() {
  const was = sessionStorage.getItem(ON_THE_WAY) !== null;
  sessionStorage.removeItem(ON_THE_WAY);
  return was;
}

/** `providers` as signInProviders answers them. */
export function showProviders(providers) {
  const rows = Object.entries(KNOWN).map(([provider, { name, settings }]) => {
    const found = providers.find((one) => one.provider === provider);
    return row(found ? link(name, found.url) : missing(provider, name, settings));
  });
  document.getElementById("providers").replaceChildren(...rows);
}

function row(child) {
  const item = document.createElement("li");
  item.append(child);
  return item;
}

function link(name, url) {
  const made = document.createElement("a");
  made.className = "button";
  made.href = url;
  made.textContent = `Sign in with ${name}`;
  made.addEventListener("click", () => sessionStorage.setItem(ON_THE_WAY, name));
  return made;
}

function missing(provider, name, settings) {
  const made = document.createElement("p");
  made.className = "hint";
  const back = document.createElement("code");
  back.textContent = `${location.origin}/auth/${provider.toLowerCase()}/callback`;
  made.append(`${name} is not set up here. It needs ${settings}, and at ${name} the redirect URI `, back);
  return made;
}
