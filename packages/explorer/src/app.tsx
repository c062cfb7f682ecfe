/**
 * The frame around every page: header with search, the pages by their addresses, footer.
 *
 * Invariant: what is not needed for the first view is loaded when its page is opened.
 */

import { useEffect } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso';
import { Footer } from './components/footer.tsx';
import { Header } from './components/header.tsx';
import { watchNetwork } from './network.ts';
import { LivePage } from './pages/live.tsx';
import { NotFoundPage } from './pages/not-found.tsx';

const NoncePage = lazy(() => import('./pages/nonce.tsx'));
const AccountPage = lazy(() => import('./pages/account.tsx'));
const TopicPage = lazy(() => import('./pages/topic.tsx'));
const BlockPage = lazy(() => import('./pages/block.tsx'));
const SettlementPage = lazy(() => import('./pages/settlement.tsx'));
const ValidatorPage = lazy(() => import('./pages/validator.tsx'));
const VerifyPage = lazy(() => import('./pages/verify.tsx'));
const SearchPage = lazy(() => import('./pages/search.tsx'));
const WalletPage = lazy(() => import('./wallet/index.tsx'));
const PlayPage = lazy(() => import('./play/index.tsx'));

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
      <ErrorBoundary>
        <Router onRouteChange={startOfPage}>
          <Route path="/" component={LivePage} />
          <Route path="/nonce/:nonce" component={NoncePage} />
          <Route path="/account/:address" component={AccountPage} />
          <Route path="/topic/:topic" component={TopicPage} />
          <Route path="/block/:height" component={BlockPage} />
          <Route path="/settlement/:number" component={SettlementPage} />
          <Route path="/validator/:address" component={ValidatorPage} />
          <Route path="/verify" component={VerifyPage} />
          <Route path="/search" component={SearchPage} />
          <Route path="/wallet" component={WalletPage} />
          <Route path="/wallet/:rest*" component={WalletPage} />
          <Route path="/play" component={PlayPage} />
          <Route default component={NotFoundPage} />
        </Router>
      </ErrorBoundary>
    </main>
  );
}

/** A page begins at its top, and a screen reader with its content. */
function startOfPage(): void {
  scrollTo(0, 0);
  document.getElementById('main')?.focus({ preventScroll: true });
}
