// Sets light or dark before the first paint. A file and not inline: the policy allows no inline script.
(() => {
  const chosen = localStorage.getItem("theme");
  const isDark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", isDark);
})();
