// Before the first paint: the person's choice, else the system's. A file, since the page's policy allows no inline script.
{
  let chosen = null;
  try {
    chosen = localStorage.getItem('lowrank-theme');
  } catch {
    // Storage is forbidden here: the system's theme it is.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.mantineColorScheme = dark ? 'dark' : 'light';
}
