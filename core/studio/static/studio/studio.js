(() => {
  const page = document.documentElement;

  document.querySelectorAll('[data-studio="theme"]').forEach((button) => {
    button.addEventListener("click", () => {
      const chosen = page.dataset.bsTheme === "dark" ? "light" : "dark";
      page.dataset.bsTheme = chosen;
      document.cookie = `studio_theme=${chosen}; path=/; max-age=31536000; samesite=strict`;
      document.dispatchEvent(new Event("studio:theme"));
    });
  });

  // "/" searches, "n" and "p" turn the page; not where somebody types.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog, .modal, [contenteditable]")) return;
    const target =
      event.key === "/"
        ? document.querySelector('input[name="q"]')
        : document.querySelector(`[data-studio-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (event.key === "/") target.focus();
    else target.click();
  });

  // A row that has the focus opens as a link would.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("tr[data-sa-href]")) location.href = event.target.dataset.saHref;
  });

  // The tree of a JSON value is drawn after the page is there, by links without a name.
  addEventListener("load", () => {
    document.querySelectorAll("a.json-toggle").forEach((toggle) => toggle.setAttribute("aria-label", "Open or close"));
  });

  // starlette-admin names its dialog by a title that most actions leave empty.
  const modal = document.querySelector("#modal-action");
  modal?.removeAttribute("aria-labelledby");
  modal?.setAttribute("aria-label", "Confirm");

  const dialog = document.querySelector(".studio-dialog");
  document.querySelectorAll('[data-studio="run"]').forEach((button) => {
    button.addEventListener("click", () => {
      dialog.querySelector('[name="job"]').value = button.value;
      dialog.querySelector('[data-studio="name"]').textContent = button.value;
      dialog.showModal();
    });
  });
  dialog?.querySelector('[data-studio="cancel"]').addEventListener("click", () => dialog.close());
})();
