/**
 * The header of every page: the way home, search, the wallet, the theme, and whether the node is there.
 */
import { useLocation } from 'preact-iso';
import { connection, status } from '../network.ts';
import { Search } from './search.tsx';
import { ThemeButton } from './theme.tsx';

const PAGES = [
  ['/', 'Live'],
  ['/wallet', 'Wallet'],
  ['/play', 'Play'],
  ['/verify', 'Verify'],
] as const;

export function Header() {
  const { path } = useLocation();
  return (
    <header class="top">
      <div class="top-row">
        <a class="brand" href="/" aria-label="Upfront, live">
          <span class="brand-mark" aria-hidden="true" />
          Upfront
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([href, name]) => (
            <a key={href} href={href} aria-current={isWithin(path, href) ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <Search />
        <ThemeButton />
      </div>
      <Away />
    </header>
  );
}

/** The wallet's parts are the wallet. */
function isWithin(path: string, href: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}

/** A line across the page while the node is away or lags. */
function Away() {
  const state = connection.value;
  const isLagging = status.value?.lagging === true;
  return (
    <div aria-live="polite">
      {state === 'away' && (
        <p class="banner">The node is away. What is shown may be old; it is asked again until it answers.</p>
      )}
      {state === 'live' && isLagging && (
        <p class="banner">
          The first layer or a settlement lies back too far: no new nonce is dealt until it catches up.
        </p>
      )}
    </div>
  );
}
