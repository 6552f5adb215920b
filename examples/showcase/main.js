// Where the app begins: its screens, and what of it outlives each of them.
import { learn, startHeader } from "./header.js";
import { watchLive } from "./live.js";
import { tellWhy } from "./news.js";
import { render, route } from "./router.js";
import { account } from "./screens/account.js";
import { browse } from "./screens/browse.js";
import { me } from "./screens/me.js";
import { nowhere } from "./screens/nowhere.js";
import { posts } from "./screens/posts.js";
import { search } from "./screens/search.js";
import { register, signIn } from "./screens/sign-in.js";
import { title } from "./screens/title.js";
import { changes, session } from "./session.js";

let who = session()?.who;

startHeader();
learn();
watchLive();
route({ "": browse, search, title, posts, me, account, "sign-in": signIn, register }, nowhere, [
  "Me",
  "WatchProgress",
  "RefreshSession",
]);

// Somebody came or went, here or in another tab. New tokens of the same person change nothing that is to be seen.
changes.addEventListener("changed", ({ detail }) => {
  if (detail.why) tellWhy(detail.why);
  if (who === session()?.who) return;
  who = session()?.who;
  learn();
  render({ quietly: true });
});

const skip = document.getElementById("skip");
skip.addEventListener("click", (event) => {
  event.preventDefault(); // what is behind # is the screen's
  document.getElementById("main").focus();
});
