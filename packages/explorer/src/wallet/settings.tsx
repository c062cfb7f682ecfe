/**
 * The account itself: its backup, where the first layer is reached, what another device signed, how it is closed.
 */
import { useState } from 'preact/hooks';
import { Facts, Hex } from '../components/facts.tsx';
import { removeAccount } from './accounts.ts';
import { announcedL1, chooseL1, chosenL1 } from './connections.ts';
import { l1Fault, needsPage } from './desk.ts';
import { download } from './history-panel.tsx';
import { isPageKept } from './kept-page.ts';
import { lock, type Session } from './session.ts';
import { ActionForm, Field, useTask } from './ui.tsx';

export function SettingsPanel({ own }: { own: Session }) {
  return (
    <>
      <Backup own={own} />
      <Connections own={own} />
      <Recover own={own} />
    </>
  );
}

function Backup({ own }: { own: Session }) {
  const { stored, name, address } = own;
  const [isSure, setSure] = useState(false);
  if (stored === undefined) {
    return (
      <section class="card" aria-label="Account">
        <header>
          <h2>Account</h2>
        </header>
        <p>
          The key is in {name}. This page never sees it; {name} keeps its backup.
        </p>
      </section>
    );
  }
  const save = (): void => {
    download(`upfront-${address.slice(0, 10)}.json`, `${JSON.stringify(stored, undefined, 2)}\n`);
    setSure(true);
  };
  return (
    <section class="card" aria-label="Account">
      <header>
        <h2>Backup</h2>
      </header>
      <p>
        The key is in this browser, encrypted under your password. If the browser’s data is cleared, only a
        backup brings it back; without the password nothing does.
      </p>
      <div class="buttons">
        <button type="button" onClick={save}>
          Export the keystore
        </button>
        <button
          type="button"
          class="quiet"
          disabled={!isSure || needsPage.value}
          onClick={() => {
            removeAccount(localStorage, address);
            void lock();
          }}
        >
          Remove it from this browser
        </button>
      </div>
      <p class="hint">
        Ethereum keystore, version 3: the command line and other wallets open it. It can be removed here once
        it is exported.
      </p>
    </section>
  );
}

const KEPT = {
  yes: 'kept by this browser: it opens while the node is gone, and the account can be left',
  no: 'not kept by this browser, which does so for https: and this machine only: while the node is gone, leave with the command line and the exported keystore',
  asked: 'the browser is asked to keep it …',
} as const;

function Connections({ own }: { own: Session }) {
  const [url, setUrl] = useState(chosenL1.value ?? '');
  const task = useTask();
  const { network, stored } = own;
  const submit = (): void =>
    task.run('Checking …', async () => {
      chooseL1(url);
      const hint = 'It is used when the account is opened again: lock it, and open it anew.';
      return { state: 'done', title: 'Kept.', hint };
    });
  const fault = l1Fault.value;
  return (
    <section class="card" aria-label="Connections">
      <header>
        <h2>Connections</h2>
      </header>
      <Facts
        facts={[
          ['Chain', String(network.chainId)],
          ['Contract', <Hex value={network.contract} key="c" />],
          ['Genesis', <Hex value={network.hash} key="g" />],
          ['This page', KEPT[isPageKept.value ?? 'asked']],
        ]}
      />
      {fault !== undefined && (
        <p class="notice failure">
          <strong>{fault.title}</strong> {fault.hint}
        </p>
      )}
      {stored === undefined ? (
        <p class="hint">The first layer is reached through {own.name}.</p>
      ) : (
        <ActionForm label="Keep" task={task} onSubmit={submit}>
          <Field
            label="Address of the first layer"
            value={url}
            onInput={setUrl}
            isOptional
            isMono
            hint={`JSON-RPC. ${announcedL1.value === undefined ? 'The node announces none.' : `Empty: ${announcedL1.value}, as the node announces.`}`}
          />
        </ActionForm>
      )}
    </section>
  );
}

function Recover({ own }: { own: Session }) {
  const task = useTask();
  const submit = (): void =>
    task.run('Reading the account’s announcements from the chain …', async () => {
      const { sequences, isExplained } = await own.client.recover();
      const title =
        sequences.length === 0 ? 'Nothing was missing here.' : `Took in ${sequences.length} announcements.`;
      if (isExplained) return { state: 'done', title };
      const hint = 'Do not sign. The node shows something that you did not sign; an exit leaves without it.';
      return { state: 'failed', title: `${title} The network counts more than you signed.`, hint };
    });
  return (
    <section class="card" aria-label="Another device">
      <header>
        <h2>Used on another device?</h2>
      </header>
      <ActionForm label="Recover" task={task} onSubmit={submit}>
        <p>
          This browser’s journal knows what was signed here. If the account was used elsewhere too, or the
          journal was lost, this takes in from the chain what carries your signature.
        </p>
      </ActionForm>
    </section>
  );
}
