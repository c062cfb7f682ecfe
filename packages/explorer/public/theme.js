// Before the first paint: the theme that was chosen here, or else the system's.
let theme;
try {
  theme = localStorage.getItem('upfront.theme');
} catch {
  // No storage: the system's theme.
}
if (theme !== 'light' && theme !== 'dark') {
  theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
document.documentElement.dataset.theme = theme;
