/**
 * Before an account is open: make one, open one, bring one, or connect a wallet.
 */
import { useEffect, useState } from 'preact/hooks';
import { shortHex } from '../format.ts';
import { type KeptAccount, keepAccount, readAccounts } from './accounts.ts';
import { WalletFault } from './fault.ts';
import { discoverWallets, type InjectedWallet } from './injected.ts';
import { PASSWORD_LEAST, parseKeystore } from './keystore.ts';
import { createStored, openStored } from './keystore-work.ts';
import { connect, ended, lastWallet, unlock } from './session.ts';
import { ActionForm, Field, type TaskState, TaskView, useTask } from './ui.tsx';

const OPENED: TaskState = { state: 'idle' };

export function Gate() {
  const [accounts, setAccounts] = useState(() => readAccounts(localStorage));
  const wallets = useWallets();
  const again = (): void => setAccounts(readAccounts(localStorage));
  return (
    <>
      {ended.value !== undefined && (
        <p class="notice" role="alert">
          {ended.value}
        </p>
      )}
      <div class="columns gate">
        <div class="side">
          {accounts.length > 0 && <Open accounts={accounts} />}
          <Create onMade={again} isFirst={accounts.length === 0} />
        </div>
        <div class="side">
          <Connect wallets={wallets} />
          <Import onMade={again} />
        </div>
      </div>
    </>
  );
}

function Open({ accounts }: { accounts: readonly KeptAccount[] }) {
  const [address, setAddress] = useState<string>(accounts.at(-1)!.address);
  const [password, setPassword] = useState('');
  const task = useTask();
  const chosen = accounts.find((one) => one.address === address) ?? accounts.at(-1)!;
  const submit = (): void =>
    task.run('Opening it: this takes a moment on purpose …', async () => {
      await unlock(chosen, password);
      return OPENED;
    });
  return (
    <section class="card" aria-label="Open an account">
      <header>
        <h2>Open an account</h2>
      </header>
      <ActionForm label="Open" task={task} onSubmit={submit}>
        <label>
          Account
          <select value={chosen.address} onChange={(event) => setAddress(event.currentTarget.value)}>
            {accounts.map((one) => (
              <option key={one.address} value={one.address}>
                {one.name} · {shortHex(one.address)}
              </option>
            ))}
          </select>
        </label>
        <Field
          label="Password"
          value={password}
          onInput={setPassword}
          isSecret
          autocomplete="current-password"
        />
      </ActionForm>
    </section>
  );
}

function Create({ onMade, isFirst }: { onMade: () => void; isFirst: boolean }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const task = useTask();
  const submit = (): void =>
    task.run('Making the key and encrypting it: this takes a moment on purpose …', async () => {
      assertPassword(password, again);
      const kept = keepAccount(localStorage, name, await createStored(password));
      onMade();
      await unlock(kept, password);
      return OPENED;
    });
  const form = (
    <ActionForm label="Make the account" task={task} onSubmit={submit}>
      <p class="soft">The key is made here, and kept here under your password. It never leaves this page.</p>
      <Field label="Name" value={name} onInput={setName} isOptional hint="For you only." />
      <NewPassword password={password} onPassword={setPassword} again={again} onAgain={setAgain} />
    </ActionForm>
  );
  return (
    <section class="card" aria-label="Make an account in this browser">
      {isFirst ? (
        <>
          <header>
            <h2>Make an account in this browser</h2>
          </header>
          {form}
        </>
      ) : (
        <details>
          <summary>
            <h2>Make another account</h2>
          </summary>
          {form}
        </details>
      )}
    </section>
  );
}

function NewPassword(props: {
  password: string;
  onPassword: (value: string) => void;
  again: string;
  onAgain: (value: string) => void;
}) {
  return (
    <>
      <Field
        label="New password"
        value={props.password}
        onInput={props.onPassword}
        isSecret
        autocomplete="new-password"
        hint={`At least ${PASSWORD_LEAST} characters. Nobody can reset it.`}
      />
      <Field
        label="The password again"
        value={props.again}
        onInput={props.onAgain}
        isSecret
        autocomplete="new-password"
      />
    </>
  );
}

function assertPassword(password: string, again: string): void {
  if (password.length < PASSWORD_LEAST)
    throw new WalletFault(
      `The password has ${password.length} characters.`,
      `Use at least ${PASSWORD_LEAST}.`,
    );
  if (password !== again) throw new WalletFault('The two passwords differ.', 'Write the same one twice.');
}

function Import({ onMade }: { onMade: () => void }) {
  const [text, setText] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const task = useTask();
  const submit = (): void =>
    task.run('Opening it: this takes a moment on purpose …', async () => {
      const stored = parseKeystore(text);
      // Only what opens is kept.
      await openStored(stored, password);
      const kept = keepAccount(localStorage, name, stored);
      onMade();
      await unlock(kept, password);
      return OPENED;
    });
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    setText(await file.slice(0, FILE_MOST).text());
    setName(file.name.replace(/\.json$/, ''));
  };
  return (
    <section class="card" aria-label="Bring an account">
      <details>
        <summary>
          <h2>Bring an account from a keystore</h2>
        </summary>
        <ActionForm label="Import" task={task} onSubmit={submit} isDisabled={text === ''}>
          <label>
            Keystore file
            <input
              type="file"
              accept=".json,application/json"
              onChange={(event) => void read(event.currentTarget.files?.[0])}
            />
          </label>
          <Field label="Name" value={name} onInput={setName} isOptional />
          <Field
            label="Its password"
            value={password}
            onInput={setPassword}
            isSecret
            autocomplete="current-password"
          />
        </ActionForm>
      </details>
    </section>
  );
}

const FILE_MOST = 20_000;

function Connect({ wallets }: { wallets: readonly InjectedWallet[] }) {
  const task = useTask();
  return (
    <section class="card" aria-label="Use a wallet of yours">
      <header>
        <h2>Use a wallet of yours</h2>
      </header>
      {wallets.length === 0 ? (
        <p class="soft">
          No wallet has announced itself to this page (EIP-6963). Install one as an extension, and reload.
        </p>
      ) : (
        <div class="action">
          {wallets.map((wallet) => (
            <button
              type="button"
              key={wallet.uuid}
              class="quiet wallet"
              disabled={task.isBusy}
              onClick={() =>
                task.run(`${wallet.name} asks you: which account, which chain …`, async () => {
                  await connect(wallet);
                  return OPENED;
                })
              }
            >
              {wallet.icon !== '' && <img src={wallet.icon} alt="" width={24} height={24} />}
              {wallet.name}
            </button>
          ))}
          <TaskView task={task} />
        </div>
      )}
      <p class="hint">It signs two kinds of messages, Fetch and Capture, and shows every field of them.</p>
    </section>
  );
}

/** Wallets as they announce themselves; the one that was used last opens by itself if it does so without asking. */
function useWallets(): readonly InjectedWallet[] {
  const [wallets, setWallets] = useState<readonly InjectedWallet[]>([]);
  useEffect(() => {
    const last = lastWallet();
    return discoverWallets(window, (wallet) => {
      setWallets((before) => [...before, wallet]);
      // If it does not, its button is there.
      if (wallet.rdns === last) connect(wallet, true).catch(() => undefined);
    });
  }, []);
  return wallets;
}
