/**
 * Has the browser keep the page's own files, so that an account can be opened and left while the node is gone.
 *
 * Only whoever opens a wallet needs that, and loads what it takes (service-worker.ts).
 */
import { signal } from '@preact/signals';

/** `no`: this browser does not keep pages of such an address; `undefined`: not known yet. */
export const isPageKept = signal<'yes' | 'no' | undefined>(undefined);

export function keepPage(): void {
  if (!import.meta.env.PROD) return;
  // Browsers have it for https: and for this machine only.
  if (!('serviceWorker' in navigator)) {
    isPageKept.value = 'no';
    return;
  }
  navigator.serviceWorker
    .register('/service-worker.js')
    .then(() => navigator.serviceWorker.ready)
    .then(
      () => {
        isPageKept.value = 'yes';
      },
      () => {
        isPageKept.value = 'no';
      },
    );
}
