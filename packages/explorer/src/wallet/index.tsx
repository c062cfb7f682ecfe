/**
 * The page /wallet: an account that is made here or injected, and everything that its owner can do.
 *
 * Invariant: while something is open that only this page can finish, closing the page warns.
 */
import { effect, untracked } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { Page } from '../components/page.tsx';
import { genesis } from '../network.ts';
import { AskPanel } from './ask.tsx';
import { AskedNotice, takeInLink } from './asked-link.tsx';
import { CapturePanel } from './capture.tsx';
import { DepositPanel } from './deposit.tsx';
import { needsPage, watchDesk } from './desk.ts';
import { Gate } from './gate.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { HoldPanel } from './hold.tsx';
import { keepPage } from './kept-page.ts';
import { LeavePanel } from './leave.tsx';
import { Overview, UnderWay } from './overview.tsx';
import { PayPanel } from './pay.tsx';
import { lock, type Session, session } from './session.ts';
import { SettingsPanel } from './settings.tsx';
import './wallet.css';

const PANELS = [
  ['pay', 'Pay', PayPanel],
  ['request', 'Request', AskPanel],
  ['hold', 'Hold', HoldPanel],
  ['capture', 'Capture', CapturePanel],
  ['deposit', 'Deposit', DepositPanel],
  ['leave', 'Take out', LeavePanel],
  ['history', 'History', HistoryPanel],
  ['account', 'Account', SettingsPanel],
] as const;

// The account stays open while its owner looks at other pages: what is under way goes on.
effect(() => {
  const own = session.value;
  return own === undefined ? undefined : untracked(() => watchDesk(own));
});

addEventListener('beforeunload', (event) => {
  if (needsPage.value) event.preventDefault();
});

keepPage();
// Another link in the address of the page that is open.
addEventListener('hashchange', takeInLink);

export default function WalletPage() {
  const own = session.value;
  const { url } = useLocation();
  useLayoutEffect(takeInLink, [url]);
  useFocusOnContent(own?.key);
  return own === undefined ? (
    <Page
      title="Wallet"
      lead="An account on this network: nothing happens before you have announced it, and no key leaves your side."
    >
      <AskedNotice network={genesis.value} isOpen={false} />
      <Gate />
    </Page>
  ) : (
    <Desk own={own} />
  );
}

/** When an account is opened or closed its form goes, and with it the focus: then it is where the page begins. */
function useFocusOnContent(key: string | undefined): void {
  const before = useRef(key);
  useEffect(() => {
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (before.current !== key && isLost) document.getElementById('main')?.focus({ preventScroll: true });
    before.current = key;
  }, [key]);
}

function Desk({ own }: { own: Session }) {
  const { path } = useLocation();
  const chosen = PANELS.find(([name]) => path === `/wallet/${name}`) ?? PANELS[0];
  const [name, , Panel] = chosen;
  return (
    <Page
      title="Wallet"
      aside={
        <span class="copyable">
          <span class="soft">{own.name}</span>
          <button type="button" class="small quiet" onClick={() => void lock(true)}>
            {own.stored === undefined ? 'Disconnect' : 'Lock'}
          </button>
        </span>
      }
    >
      <nav class="tabs" aria-label="What to do">
        {PANELS.map(([panel, title]) => (
          <a key={panel} href={`/wallet/${panel}`} aria-current={panel === name ? 'page' : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <div class="desk">
        <div class="side">
          <Overview own={own} />
          <UnderWay own={own} />
        </div>
        <div class="panel">
          {name !== 'pay' && <AskedNotice network={own.network} isOpen={true} />}
          <Panel own={own} key={`${name} ${own.key}`} />
        </div>
      </div>
    </Page>
  );
}
