// Light or dark: as the system says, or as the person chose.
export type Theme = "system" | "light" | "dark";

const kKey = "otter-theme";
const kDark = window.matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(kKey);
  return kept === "light" || kept === "dark" ? kept : "system";
}

function showTheme() {
  const theme = chosenTheme();
  const dark = theme === "dark" || (theme === "system" && kDark.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

export function applyTheme() {
  showTheme();
  kDark.addEventListener("change", showTheme);
}

export function chooseTheme(theme: Theme) {
  if (theme === "system") localStorage.removeItem(kKey);
  else localStorage.setItem(kKey, theme);
  showTheme();
}
