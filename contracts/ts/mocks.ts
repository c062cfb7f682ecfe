// @upfront/contracts/mocks: a token that anyone can mint, for tests and devnets.
export { mockTokenAbi, mockTokenBytecode } from './generated/mock-token.ts';
