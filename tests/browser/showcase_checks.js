// What a person with a screen reader, or with weak eyes, would stumble over on this page: a list of complaints, empty if all is well.
async () => {
  await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})));
  const complaints = [];
  const shown = (element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const text = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";
  const describe = (element) => `${element.tagName.toLowerCase()}.${element.className} "${text(element).slice(0, 40)}"`;

  /* Names. */
  const named = (element) =>
    element.getAttribute("aria-label") ||
    text(document.getElementById(element.getAttribute("aria-labelledby"))) ||
    [...(element.labels ?? [])].map(text).join("");
  for (const input of all("input, select, textarea, video, progress, [role=img]")) {
    if (!named(input) && !input.closest("[aria-hidden=true]")) complaints.push(`no label: ${describe(input)}`);
  }
  for (const link of all("a[href], button, summary")) {
    const words = text(link) || link.getAttribute("aria-label");
    if (!words && !link.closest("[aria-hidden=true]")) complaints.push(`no name: ${describe(link)}`);
  }
  for (const image of all("img")) if (!image.hasAttribute("alt")) complaints.push(`no alt: ${image.src}`);
  for (const region of all("section"))
    if (!named(region) && !region.matches(".operation")) complaints.push(`no name: ${describe(region)}`);
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of ids.filter((id, place) => ids.indexOf(id) !== place)) complaints.push(`twice: #${id}`);
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    for (const element of all(`[${name}]`)) {
      for (const id of element.getAttribute(name).split(" ")) {
        if (!document.getElementById(id)) complaints.push(`${name} leads nowhere: #${id}`);
      }
    }
  }

  /* Structure. */
  const headings = all("h1, h2, h3, h4, h5, h6");
  if (headings.filter(({ tagName }) => tagName === "H1").length !== 1) complaints.push("not one h1");
  let level = 1;
  for (const heading of headings) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) complaints.push(`h${own} behind h${level}: ${text(heading)}`);
    level = own;
  }
  for (const landmark of ["header", "nav", "main"])
    if (!document.querySelector(`body > ${landmark}, body > header > ${landmark}`)) complaints.push(`no ${landmark}`);
  if (document.documentElement.scrollWidth > innerWidth)
    complaints.push(`wider than the window: ${document.documentElement.scrollWidth}`);
  for (const target of all("button, .button, #nav a, select")) {
    const { height } = target.getBoundingClientRect();
    if (height && height < 24) complaints.push(`too small to hit: ${describe(target)}`);
  }

  /* Contrast, of text on plain colours; what stands on pictures has a ground of its own. */
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((value, place) => value * a + under[place] * (1 - a));
  const luminance = (colour) => {
    const [r, g, b] = colour.map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (colour[3] > 0) layers.unshift(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!text(element) || !walker.currentNode.data.trim() || seen.has(element) || !shown(element)) continue;
    if (element.closest("[aria-hidden=true], noscript, option, .poster")) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const below = ground(element);
    const [light, dark] = [luminance(over(rgba(style.color), below)), luminance(below)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const isLarge =
      parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) complaints.push(`contrast ${ratio.toFixed(2)}: ${describe(element)}`);
  }
  return complaints;
};
