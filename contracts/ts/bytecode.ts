// @upfront/contracts/bytecode: what a deployment sends. Apart from the ABI, which browsers need, since it is large.
export { upfrontBytecode } from './generated/bytecode.ts';
