// Sets the theme and the language of the page before the first paint, so that nothing flashes.
// Classic and tiny on purpose: it must run before the stylesheet is used. The app takes over later.
(() => {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem('teahouse.settings') || '{}');
  } catch {
    // A broken or forbidden store means: the system's theme and language.
  }
  const root = document.documentElement;
  const dark =
    kept.theme === 'dark' ||
    (kept.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
  const wanted =
    kept.language || navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag)) || 'en';
  root.lang = /^zh/i.test(wanted) ? 'zh-CN' : 'en';
})();
