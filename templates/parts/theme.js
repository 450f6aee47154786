/* Puts the person's theme on the page before its first paint. It stands in <head> itself, as a file would keep everything behind it waiting;
   the pages' policy knows it by its hash (theme.py). The rest is in lib/theme.ts. */
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem('panewall.theme');
  } catch (refused) {
    /* storage is forbidden here: follow the system */
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
