// What the address says when Meta has sent the browser back: ?ig=connected, or ?ig=failed with the reason.
const asked = new URLSearchParams(location.search);
const SAID = {
  connected: () => "Your persona is signed in at Meta. Ask instagramAccounts which accounts it may be linked with.",
  failed: () => `It did not work (${asked.get("error")}). ${asked.get("error_description")}`,
};
document.getElementById("said").textContent = SAID[asked.get("ig")]?.() ?? "Nothing was begun.";
