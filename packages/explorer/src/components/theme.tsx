/**
 * Light or dark: the system's, until somebody chooses here.
 *
 * public/theme.js puts one of them into effect before the first paint; `data-theme` says which.
 */
import { signal } from '@preact/signals';

type Theme = 'light' | 'dark';
const KEY = 'upfront.theme';

/** Changes with the theme, for what draws itself: a canvas has no style of its own. */
export const theme = signal<Theme>(current());

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', ({ matches }) => {
  if (!isChosen()) show(matches ? 'dark' : 'light');
});

function current(): Theme {
  return document.documentElement.dataset['theme'] === 'dark' ? 'dark' : 'light';
}

function show(shown: Theme): void {
  document.documentElement.dataset['theme'] = shown;
  theme.value = shown;
}

function isChosen(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

export function ThemeButton() {
  const other: Theme = theme.value === 'dark' ? 'light' : 'dark';
  const toggle = (): void => {
    show(other);
    try {
      localStorage.setItem(KEY, other);
    } catch {
      // No storage: the choice holds until the page is left.
    }
  };
  return (
    <button
      type="button"
      class="quiet theme"
      aria-label={`Switch to ${other}`}
      title={`Switch to ${other}`}
      onClick={toggle}
    >
      <span aria-hidden="true">{other === 'dark' ? '☾' : '☀'}</span>
    </button>
  );
}

/** A design token of the present theme, for a canvas. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
