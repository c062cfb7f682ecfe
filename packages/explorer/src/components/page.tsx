/**
 * What every page begins with: its title, in the document's too, and the states before there is something to show.
 */
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { ApiError } from '../api.ts';
import { connection } from '../network.ts';

export function Page(props: {
  title: string;
  /** Beside the title: what kind of thing, or its state. */
  aside?: ComponentChildren;
  /** Under the title, one line. */
  lead?: ComponentChildren;
  children: ComponentChildren;
}) {
  const { title, aside, lead, children } = props;
  useEffect(() => {
    document.title = `${title} · Upfront`;
  }, [title]);
  return (
    <article class="page">
      <header class="page-head">
        <h1>{title}</h1>
        {aside}
        {lead !== undefined && <p class="lead">{lead}</p>}
      </header>
      {children}
    </article>
  );
}

/** Something that is being asked for. Said politely, once. */
export function Loading({ what }: { what: string }) {
  return (
    <p class="notice loading" role="status">
      Loading {what} …
    </p>
  );
}

/** Nothing there yet: what it would be, and how one comes about. */
export function Empty({ children }: { children: ComponentChildren }) {
  // One piece: a notice sets each of its children on a line of its own.
  return (
    <div class="notice empty">
      <p>{children}</p>
    </div>
  );
}

/** What went wrong and what to do; a node that is away is asked again by itself. */
export function Failure({ error, what, again }: { error: unknown; what: string; again?: () => void }) {
  const isNode = error instanceof ApiError;
  const isAway = isNode && error.isAway;
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div class="notice failure" role="alert">
      <p>
        <strong>
          {isAway ? `The node is away, so ${what} cannot be shown.` : `${what} could not be shown.`}
        </strong>
      </p>
      <p>{isAway && connection.value !== 'live' ? 'It is asked again until it answers.' : message}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
