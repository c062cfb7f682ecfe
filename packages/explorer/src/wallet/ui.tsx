/**
 * What the wallet's panels are made of: fields, costs, the state of what is being done, what is being signed.
 *
 * Invariant: every field has a label, every fault names its field, every change of state is said to a screen reader.
 */

import { signal } from '@preact/signals';
import { AmountError, parseAmount } from '@upfront/client';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { type Address, formatEther, isAddress } from 'viem';
import { Copy, Facts } from '../components/facts.tsx';
import { grouped } from '../format.ts';
import { asset, type GasCost, gasOf, pending, working } from './desk.ts';
import { type Explained, explain, WalletFault } from './fault.ts';
import { qrPath } from './request.ts';
import type { Session } from './session.ts';
import { fieldsOf, signing } from './signing.ts';

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: ComponentChildren;
  /** Stands behind the value. */
  readonly suffix?: ComponentChildren;
  readonly isSecret?: boolean;
  readonly inputMode?: 'decimal' | 'numeric' | 'text';
  readonly autocomplete?: string;
  /** An address or a link: shown whole, in several lines if need be. */
  readonly isMono?: boolean;
  readonly isOptional?: boolean;
  readonly minLength?: number;
}

export function Field(props: FieldProps) {
  const id = useId();
  const { label, value, onInput, hint, suffix, isOptional = false } = props;
  const common = {
    id,
    value,
    onInput: ({ currentTarget }: { currentTarget: { value: string } }) => onInput(currentTarget.value),
    inputMode: props.inputMode,
    autocomplete: props.autocomplete ?? 'off',
    autocapitalize: 'none',
    spellcheck: false,
    required: !isOptional,
    'aria-describedby': hint === undefined ? undefined : `${id}-hint`,
  } as const;
  return (
    <div class="field">
      <label for={id}>
        {label}
        {isOptional && <span class="soft"> (optional)</span>}
      </label>
      <div class="field-row">
        {props.isMono ? (
          <textarea {...common} rows={1} class="hex" onKeyDown={submitOnEnter} />
        ) : (
          <input
            {...common}
            {...(props.isSecret ? ({ type: 'password' } as const) : ({ type: 'text' } as const))}
            minLength={props.minLength}
          />
        )}
        {suffix !== undefined && <span class="suffix">{suffix}</span>}
      </div>
      {hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** A field of several lines has one value all the same. */
function submitOnEnter(event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }): void {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}

export function AmountField(props: Omit<FieldProps, 'suffix' | 'inputMode'>) {
  return <Field {...props} suffix={asset.value.symbol} inputMode="decimal" />;
}

/** Units. Throws WalletFault that names the field. */
export function unitsOf(field: string, text: string): bigint {
  try {
    return parseAmount(text.trim().replace(/(?<=\d),(?=\d{3}(\D|$))/g, ''), asset.value);
  } catch (error) {
    if (!(error instanceof AmountError)) throw error;
    throw new WalletFault(`${field}: ${error.shortMessage}`, `Write it as 0.25, in ${asset.value.symbol}.`);
  }
}

/** Throws WalletFault that names the field. */
export function addressOf(field: string, text: string): Address {
  const value = text.trim();
  if (isAddress(value, { strict: value !== value.toLowerCase() })) return value;
  const hint = /^0x[0-9a-f]{40}$/i.test(value)
    ? 'A letter or digit is wrong: its checksum does not fit. Copy it anew.'
    : 'An address is 0x and 40 hex digits.';
  throw new WalletFault(`${field}: this is no address.`, hint);
}

/** What something costs, line by line. */
export function Costs({ lines }: { lines: readonly (readonly [string, ComponentChildren] | undefined)[] }) {
  return <Facts facts={lines} look="costs" label="What it costs" />;
}

/** An estimate of gas on the first layer, or why there is none. */
export function useGas(own: Session, call: Parameters<typeof gasOf>[1] | undefined): ComponentChildren {
  const [found, setFound] = useState<GasCost | Explained | undefined>(undefined);
  const key = call && `${call.functionName} ${call.args.join(' ')} ${call.value ?? ''}`;
  useEffect(() => {
    setFound(undefined);
    if (call === undefined || own.read === undefined) return undefined;
    let isCurrent = true;
    const timer = setTimeout(() => {
      gasOf(own, call).then(
        (cost) => isCurrent && setFound(cost),
        (error: unknown) => isCurrent && setFound(explain(error)),
      );
    }, GAS_PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [key, own]);
  if (own.read === undefined) return 'unknown: no address of the first layer is known';
  if (call === undefined) return 'shown once the fields are filled in';
  if (found === undefined) return 'asking the first layer …';
  if ('title' in found) return 'no estimate: the first layer would refuse it now';
  return `about ${showGas(found)}`;
}

const GAS_PAUSE_MS = 250;

export function showGas({ gas, wei }: GasCost): string {
  // Rounded up to 8 decimals: an estimate.
  const step = 10n ** 10n;
  return `${grouped(gas)} gas, ${showWei(((wei + step - 1n) / step) * step)}`;
}

/** wei as ETH, exact. */
export function showWei(wei: bigint): string {
  return `${formatEther(wei)}\u00a0ETH`;
}

/** How something that a person started goes. */
export type TaskState =
  | { readonly state: 'idle' }
  | { readonly state: 'busy'; readonly title: string }
  | (Told & { readonly state: 'done' | 'failed' | 'unknown' });

export interface Told {
  readonly title: string;
  readonly hint?: ComponentChildren;
  readonly details?: string;
}

export interface Task {
  readonly now: TaskState;
  readonly isBusy: boolean;
  /** It began last: what was signed was signed for it. */
  readonly isLatest: boolean;
  /** `work` says its stages, and how it ended; what it throws is explained. */
  run(first: string, work: (say: (stage: string) => void) => Promise<TaskState>): void;
  reset(): void;
}

const latest = signal('');
/** Tasks that were done: what failed before the newest of them is not told any more. */
const successes = signal(0);
const IDLE: TaskState = { state: 'idle' };

export function useTask(): Task {
  const id = useId();
  const [{ last, at }, setLast] = useState({ last: IDLE, at: 0 });
  const setNow = (state: TaskState): void => {
    if (state.state === 'done') successes.value++;
    setLast({ last: state, at: successes.value });
  };
  // What was not known stands among what is under way, until it is.
  const isPast =
    (last.state === 'failed' && at < successes.value) ||
    (last.state === 'unknown' && pending.value.length === 0);
  const now = isPast ? IDLE : last;
  return {
    now,
    isBusy: now.state === 'busy',
    isLatest: latest.value === id,
    reset: () => setNow(IDLE),
    run(first, work) {
      const say = (title: string): void => setNow({ state: 'busy', title });
      say(first);
      signing.value = undefined;
      latest.value = id;
      working(() => work(say)).then(setNow, (error: unknown) => setNow(explain(error)));
    },
  };
}

const MARKS = { busy: '…', done: '✓', failed: '✕', unknown: '?' } as const;
const NAMES = { busy: 'Under way', done: 'Done', failed: 'Not done', unknown: 'Not known yet' } as const;

/** The state in words, announced when it changes. */
export function TaskView({ task: { now, isLatest } }: { task: Task }) {
  return (
    <div class="task" aria-live="polite">
      {now.state !== 'idle' && (
        <div class={`told ${now.state}`}>
          <span class="mark" aria-hidden="true">
            {MARKS[now.state]}
          </span>
          <div>
            <p>
              <span class="unseen">{NAMES[now.state]}: </span>
              <strong>{now.title}</strong>
            </p>
            {'hint' in now && now.hint !== undefined && <div class="told-hint">{now.hint}</div>}
            {'details' in now && now.details !== undefined && now.details !== '' && (
              <p class="soft details">{now.details}</p>
            )}
          </div>
        </div>
      )}
      {isLatest && <Signing isBusy={now.state === 'busy'} />}
    </div>
  );
}

/** Every field of what is signed: open while a wallet asks, folded afterwards. */
export function Signing({ isBusy }: { isBusy: boolean }) {
  const one = signing.value;
  if (one === undefined) return null;
  const { data, isAsking } = one;
  return (
    <details class="signing" open={isAsking && isBusy}>
      <summary>
        {isAsking ? 'To be signed now' : 'What was signed'}: {data.primaryType}
      </summary>
      <dl class="facts">
        {fieldsOf(data).map(({ name, value, meaning }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              <code>{value}</code>
              {meaning !== '' && <p class="hint">{meaning}</p>}
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** A form whose button says what it does; Enter does it. */
export function ActionForm(props: {
  readonly label: string;
  readonly task: Task;
  readonly onSubmit: () => void;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  /** A button beside. */
  readonly beside?: ComponentChildren;
  readonly children: ComponentChildren;
}) {
  const { task, label } = props;
  return (
    <form
      class="action"
      onSubmit={(event) => {
        event.preventDefault();
        if (!task.isBusy) props.onSubmit();
      }}
    >
      {props.children}
      <div class="buttons">
        <button
          type="submit"
          class={props.isDanger ? 'danger' : undefined}
          disabled={task.isBusy || props.isDisabled}
        >
          {label}
        </button>
        {props.beside}
      </div>
      <TaskView task={task} />
    </form>
  );
}

/** A link to be handed over, with its QR code: dark on light in every theme, as scanners want it. */
export function Handover({ link, what }: { link: string; what: string }) {
  const { size, path } = qrPath(link);
  return (
    <div class="handover">
      <svg
        class="qr"
        viewBox={`0 0 ${size} ${size}`}
        role="img"
        aria-label={`QR code of ${what}`}
        shape-rendering="crispEdges"
      >
        <rect width={size} height={size} fill="#fff" />
        <path d={path} fill="#000" />
      </svg>
      <div class="handover-text">
        <label>
          The link
          <textarea
            readOnly
            rows={4}
            class="link"
            value={link}
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
        <Copy text={link} what={what} label="Copy the link" />
      </div>
    </div>
  );
}
