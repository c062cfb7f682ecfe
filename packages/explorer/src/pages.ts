/**
 * The addresses that a browser may open: what the router shows, and what the node answers with the page.
 *
 * The build writes them to dist/pages.json, from which the node makes its routes.
 */
export const PAGES = {
  live: '/',
  nonce: '/nonce/:nonce',
  account: '/account/:address',
  topic: '/topic/:topic',
  block: '/block/:height',
  settlement: '/settlement/:number',
  validator: '/validator/:address',
  verify: '/verify',
  search: '/search',
  wallet: '/wallet',
  walletParts: '/wallet/*',
  play: '/play',
} as const;
