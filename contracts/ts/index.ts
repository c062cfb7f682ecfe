// @upfront/contracts: the typed ABI of the contract `Upfront`.
export { upfrontAbi } from './generated/abi.ts';
