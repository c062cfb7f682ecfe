// Before the first paint: the theme that was chosen here, if one was. Without a choice the system's holds.
try {
  const theme = localStorage.getItem('upfront.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme.
}
