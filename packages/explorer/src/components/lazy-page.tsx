/**
 * A page whose code is loaded when it is opened; a node that is away then is waited for.
 */
import type { AnyComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { connection } from '../network.ts';
import { Loading, Page } from './page.tsx';

export function lazyPage(name: string, load: () => Promise<{ readonly default: AnyComponent }>) {
  let loaded: AnyComponent | undefined;
  return function LazyPage() {
    const [Found, setFound] = useState(() => loaded);
    const [hasFailed, setHasFailed] = useState(false);
    const isAway = connection.value === 'away';
    useEffect(() => {
      if (loaded !== undefined) return;
      let isOver = false;
      load().then(
        (module) => {
          loaded = module.default;
          if (!isOver) setFound(() => loaded);
        },
        () => {
          if (!isOver) setHasFailed(true);
        },
      );
      return () => {
        isOver = true;
      };
    }, [isAway]);
    if (Found !== undefined) return <Found />;
    return <Page title={name}>{hasFailed ? <Failed isAway={isAway} /> : <Loading what="this page" />}</Page>;
  };
}

function Failed({ isAway }: { isAway: boolean }) {
  return (
    <div class="notice failure" role="alert">
      <p>
        <strong>This page could not be loaded{isAway ? ', because the node is away' : ''}.</strong>
      </p>
      <p>{isAway ? 'It is loaded as soon as the node answers.' : 'The node may serve a newer one.'}</p>
      <button type="button" onClick={() => location.reload()}>
        Load it again
      </button>
    </div>
  );
}
