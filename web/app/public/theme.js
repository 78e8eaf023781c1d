// How the page looks, before the first paint, so that nothing flashes: theme, contrast, motion, density, text size.
// Classic and tiny on purpose: it must run before the stylesheet is used. The app tells it of changes: `settings`.
(() => {
  const root = document.documentElement;
  const system = ['color-scheme: dark', 'reduced-motion: reduce', 'contrast: more'].map((wish) =>
    matchMedia(`(prefers-${wish})`),
  );
  let kept = {};
  const show = () => {
    const [dark, still, contrast] = system.map(({ matches }) => matches);
    const night = kept.theme === 'dark' || (kept.theme !== 'light' && dark);
    root.dataset.theme = night ? 'dark' : 'light';
    root.toggleAttribute('data-still', still || kept.still === true);
    root.toggleAttribute('data-contrast', contrast || kept.contrast === true);
    root.toggleAttribute('data-compact', kept.density === 'compact');
    root.style.setProperty('--text', kept.text >= 14 && kept.text <= 20 ? kept.text : '');
    for (const meta of document.querySelectorAll('meta[name="theme-color"]'))
      meta.content = night ? '#171814' : '#fcfbf8';
  };
  try {
    kept = JSON.parse(localStorage.getItem('teahouse.settings')) || {};
  } catch {
    // A broken or forbidden store means: as the system has it.
  }
  const wanted =
    kept.language || navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag)) || 'en';
  root.lang = /^zh/i.test(wanted) ? 'zh-CN' : 'en';
  show();
  for (const wish of system) wish.addEventListener('change', show);
  addEventListener('settings', ({ detail }) => {
    kept = detail;
    show();
  });
})();
