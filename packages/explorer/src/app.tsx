/**
 * The frame around every page: header with search, the pages by their addresses, footer.
 *
 * Invariant: what is not needed for the first view is loaded when its page is opened.
 */

import { useEffect } from 'preact/hooks';
import { LocationProvider, Route, Router, useLocation } from 'preact-iso';
import { Footer } from './components/footer.tsx';
import { Header } from './components/header.tsx';
import { lazyPage } from './components/lazy-page.tsx';
import { watchNetwork } from './network.ts';
import { LivePage } from './pages/live.tsx';
import { NotFoundPage } from './pages/not-found.tsx';
import { PAGES } from './pages.ts';

const NoncePage = lazyPage('Nonce', () => import('./pages/nonce.tsx'));
const AccountPage = lazyPage('Account', () => import('./pages/account.tsx'));
const TopicPage = lazyPage('Topic', () => import('./pages/topic.tsx'));
const BlockPage = lazyPage('Block', () => import('./pages/block.tsx'));
const SettlementPage = lazyPage('Settlement', () => import('./pages/settlement.tsx'));
const ValidatorPage = lazyPage('Validator', () => import('./pages/validator.tsx'));
const VerifyPage = lazyPage('Verify a receipt', () => import('./pages/verify.tsx'));
const SearchPage = lazyPage('Search', () => import('./pages/search.tsx'));
const WalletPage = lazyPage('Wallet', () => import('./wallet/index.tsx'));
const PlayPage = lazyPage('Play', () => import('./play/index.tsx'));

export function App() {
  useEffect(() => watchNetwork(), []);
  return (
    <LocationProvider>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header />
      <Pages />
      <Footer />
    </LocationProvider>
  );
}

function Pages() {
  const { path } = useLocation();
  return (
    <main id="main" tabIndex={-1} data-path={path}>
      <Router onRouteChange={startOfPage}>
        <Route path={PAGES.live} component={LivePage} />
        <Route path={PAGES.nonce} component={NoncePage} />
        <Route path={PAGES.account} component={AccountPage} />
        <Route path={PAGES.topic} component={TopicPage} />
        <Route path={PAGES.block} component={BlockPage} />
        <Route path={PAGES.settlement} component={SettlementPage} />
        <Route path={PAGES.validator} component={ValidatorPage} />
        <Route path={PAGES.verify} component={VerifyPage} />
        <Route path={PAGES.search} component={SearchPage} />
        <Route path={PAGES.wallet} component={WalletPage} />
        <Route path={PAGES.walletParts} component={WalletPage} />
        <Route path={PAGES.play} component={PlayPage} />
        <Route default component={NotFoundPage} />
      </Router>
    </main>
  );
}

/** A page begins at its top, and a screen reader with its content. */
function startOfPage(): void {
  scrollTo(0, 0);
  document.getElementById('main')?.focus({ preventScroll: true });
}
