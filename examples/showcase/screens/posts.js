// What people post, with pictures that go straight to the store.
import { el, icon, written } from "../dom.js";
import { field, onSubmit, once, sureButton } from "../forms.js";
import { ask } from "../graphql.js";
import { whoever } from "../header.js";
import { tell, tellWhy } from "../news.js";
import { empty, failed, more } from "../parts.js";
import { session } from "../session.js";
import { announced, send } from "../upload.js";
import { moment, t, why, whyIn } from "../words.js";

const PAGE = 12;
const TYPES = "image/jpeg,image/png,image/webp,image/avif";

export const posts = {
  className: "posts",
  operations: ["Posts", "CreatePost", "CompleteImageUpload", "Post", "DeletePost"],

  async show(content, { params, signal }) {
    const [{ data, refusal }, me] = await Promise.all([page(null, signal), whoever()]);
    const list = el("ul", { class: "post-list" });
    const place = el("div", {}, list);
    content.replaceChildren(
      el("h1", {}, t("posts.title")),
      session() ? compose(list, place, me, signal) : signInFirst(),
      place,
    );
    if (refusal) return place.replaceChildren(failed(refusal, () => posts.show(content, { params, signal })));
    list.append(...data.posts.nodes.map((one) => post(one, me)));
    if (!data.posts.nodes.length) place.append(empty(t("posts.none")));
    let { pageInfo } = data.posts;
    if (!pageInfo.hasNextPage) return;
    const next = async () => {
      const answer = await page(pageInfo.endCursor, signal);
      if (answer.refusal) return answer;
      pageInfo = answer.data.posts.pageInfo;
      const items = answer.data.posts.nodes.map((one) => post(one, me));
      list.append(...items);
      return { items, isLast: !pageInfo.hasNextPage };
    };
    place.append(more(next));
  },
};

const page = (after, signal) => ask("Posts", { first: PAGE, after }, { signal });

const signInFirst = () =>
  el(
    "p",
    {},
    el("a", { class: "button main", href: `#/sign-in?next=${encodeURIComponent("#/posts")}` }, t("posts.signIn")),
  );

function post(one, me) {
  const item = el("li", { class: "post" });
  const mine = me?.user.id === one.author.id;
  const remove = async () => {
    const { refusal } = await ask("DeletePost", { input: { id: one.id } });
    if (refusal) return tellWhy(refusal);
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    (next?.querySelector("button") ?? document.getElementById("main")).focus();
    tell(t("posts.deleted"));
  };
  item.append(
    el(
      "header",
      {},
      el("span", { class: "avatar", "aria-hidden": "true" }, [...one.author.displayName][0] ?? "?"),
      el(
        "div",
        {},
        written("b", {}, one.author.displayName),
        el("time", { dateTime: one.createdAt }, moment(one.createdAt)),
      ),
      mine && sureButton(t("review.delete"), { class: "danger small" }, remove),
    ),
    written("p", { class: "post-body" }, one.body),
    ...(one.imageUrl ? [picture(one)] : []),
  );
  return item;
}

/** Its address is good for a quarter of an hour; whoever scrolls to it later gets a fresh one. */
function picture(one) {
  const image = el("img", {
    src: one.imageUrl,
    alt: t("posts.image", { name: one.author.displayName }),
    loading: "lazy",
  });
  const again = async () => {
    const { data } = await ask("Post", { id: one.id });
    if (data?.post?.imageUrl) image.src = data.post.imageUrl;
  };
  image.addEventListener("error", again, { once: true });
  return image;
}

function compose(list, place, me, signal) {
  const body = el("textarea", { name: "body", rows: 3, required: true, maxLength: 10_000 });
  const file = el("input", { name: "image", type: "file", accept: TYPES });
  const meter = el("progress", { max: 100, value: 0, hidden: true, "aria-label": t("posts.upload") });
  const told = el("p", { class: "hint", role: "status" });
  const preview = el("div", { class: "preview", hidden: true });
  const form = el(
    "form",
    { class: "card-box compose" },
    el("h2", {}, t("posts.new")),
    field(t("posts.body"), body),
    filePicker(file),
    preview,
    meter,
    told,
    el("div", { class: "buttons" }, el("button", { type: "submit", class: "main" }, t("posts.publish"))),
  );
  file.addEventListener("change", () => showPreview(preview, file));
  signal.addEventListener("abort", () => forgetPreview(preview));
  const progress = (percent) => {
    meter.hidden = percent === null;
    meter.value = percent ?? 0;
    told.textContent = percent === null ? "" : t("posts.sending", { percent });
  };
  onSubmit(form, async () => {
    const chosen = file.files[0];
    const input = { body: body.value, image: chosen ? announced(chosen) : null };
    const { data, refusal } = await ask("CreatePost", { input });
    if (refusal) return refusal;
    const { post: made, upload } = data.createPost;
    form.reset();
    showPreview(preview, file);
    const failure = upload && (await send(upload, chosen, progress));
    progress(null);
    if (failure) return offerAgain(told, upload, chosen, progress, () => put(list, place, made, me), failure);
    await put(list, place, made, me);
  });
  return form;
}

/** The browser's own would speak the browser's language. */
function filePicker(file) {
  const picker = field(t("posts.picture"), file, t("posts.pictureHint"));
  picker.classList.add("file-picker");
  picker.prepend(file);
  picker.querySelector("label").className = "button";
  picker.querySelector("label").prepend(icon("picture"));
  return picker;
}

/** As everybody sees it from now on. */
async function put(list, place, { id }, me) {
  const { data, refusal } = await ask("Post", { id });
  if (refusal || !data.post) return;
  list.prepend(post(data.post, me));
  place.querySelector(".empty")?.remove();
  tell(t("posts.published"));
}

/** The same ticket takes the bytes again. */
function offerAgain(told, upload, file, progress, done, failure) {
  const button = el("button", { type: "button", class: "small" }, t("posts.sendAgain"));
  told.replaceChildren(`${t("posts.pictureFailed")} `, el("span", { lang: whyIn(failure) }, why(failure)), " ", button);
  button.addEventListener("click", () =>
    once(button, async () => {
      const refusal = await send(upload, file, () => {});
      if (refusal) return offerAgain(told, upload, file, progress, done, refusal);
      told.replaceChildren();
      await done();
    }),
  );
}

/** A picture is kept in memory as long as it has an address. */
function forgetPreview(preview) {
  const [old] = preview.getElementsByTagName("img");
  if (old) URL.revokeObjectURL(old.src);
}

function showPreview(preview, file) {
  forgetPreview(preview);
  const [chosen] = file.files;
  preview.hidden = !chosen;
  if (!chosen) return preview.replaceChildren();
  const remove = el("button", { type: "button", class: "small" }, t("posts.remove"));
  remove.addEventListener("click", () => {
    file.value = "";
    showPreview(preview, file);
    file.focus();
  });
  const image = el("img", { src: URL.createObjectURL(chosen), alt: t("posts.preview") });
  image.addEventListener("error", () => {
    URL.revokeObjectURL(image.src);
    image.replaceWith(icon("picture"));
  });
  preview.replaceChildren(image, remove);
}
