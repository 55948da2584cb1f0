// Before anything is drawn: as the system has it, unless this browser was told otherwise.
(() => {
  const page = document.documentElement;
  if (!page.dataset.chosen) {
    page.dataset.bsTheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
})();
