/**
 * Light or dark: the system's, until somebody chooses here.
 *
 * public/theme.js puts a stored choice into effect before the first paint.
 */
import { signal } from '@preact/signals';

type Theme = 'light' | 'dark';
const KEY = 'upfront.theme';

/** Changes with the theme, for what draws itself: a canvas has no style of its own. */
export const theme = signal<Theme>(current());

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  theme.value = current();
});

function current(): Theme {
  const { theme: chosen } = document.documentElement.dataset;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function ThemeButton() {
  const other: Theme = theme.value === 'dark' ? 'light' : 'dark';
  const toggle = (): void => {
    document.documentElement.dataset['theme'] = other;
    theme.value = other;
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
