/**
 * The parts of a client that do not care what network, first layer and keys they stand on, for whoever runs it on
 * simulated ones. Not a public interface: it changes with the client.
 */
export { type BaseClient, createBaseClient, type Ground } from './client.ts';
export { type Actions, actionsOf } from './createClient.ts';
export type { L1 } from './l1/l1.ts';
export type { Signer } from './signer.ts';
export { Book } from './state/book.ts';
export { createHttp } from './transport/http.ts';
export { createNodeApi } from './transport/node-api.ts';
export { createSocket, type Socket } from './transport/socket.ts';
