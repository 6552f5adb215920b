// Before anything is drawn: which language, and dark or light. Not a module, since modules come later.
{
  const kept = (name) => localStorage.getItem(`marquee:showcase:${name}`);
  const known = ["ko", "en"];
  const preferred = navigator.languages.map((one) => one.slice(0, 2)).find((one) => known.includes(one));
  document.documentElement.lang = [kept("language"), preferred, "en"].find((one) => known.includes(one));
  const theme = kept("theme");
  if (["dark", "light"].includes(theme)) document.documentElement.dataset.theme = theme;
}
