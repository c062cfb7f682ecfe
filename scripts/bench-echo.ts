// Sends every WebSocket message back: the other end of the raw limit of the loopback (bench-raw.ts).

import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(data));
});
server.once('listening', () => {
  process.send!(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('disconnect', () => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});
