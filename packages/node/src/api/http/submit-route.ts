/**
 * POST /v1/messages: the way in for whoever has no WebSocket.
 *
 * docs/api.md: bytes joined as in a submit frame, or JSON with hex; the answers as JSON, or as bytes if asked for.
 */
import { concatBytes, fromHex } from '@upfront/core';
import { NodeError } from '../errors.ts';
import type { Peer } from '../intake.ts';
import * as schemas from './schemas.ts';
import type { ApiServer } from './server.ts';
import type { Sources } from './sources.ts';
import { answersToJson } from './views.ts';

const OCTETS = 'application/octet-stream';

export function addSubmitRoute(app: ApiServer, { intake, messageBuckets }: Sources): void {
  app.post(
    '/v1/messages',
    {
      schema: {
        summary: 'Messages in; one answer each, when it is durable',
        querystring: schemas.EmptyQuery,
        body: {
          content: {
            'application/json': { schema: schemas.MessagesBody },
            // Bytes have no schema to check against: their layout is the intake's.
            [OCTETS]: { schema: {} },
          },
        },
        response: { 200: schemas.Answers, default: schemas.ErrorAnswer },
      },
    },
    async (request, reply) => {
      const messages = messagesOf(request.body);
      const peer: Peer = {
        takeMessages: (count, now) => messageBuckets.take(request.ip, count, now),
        intakeBytes: 0,
      };
      const index = intake.admit(messages, peer);
      if (typeof index === 'number') throw NodeError.of(index, 'nothing of it was taken in');
      const answers = await intake.submit(messages, index, peer);
      if (request.headers.accept === OCTETS) return reply.type(OCTETS).send(Buffer.from(answers) as never);
      return { answers: answersToJson(answers) };
    },
  );
}

function messagesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  const { messages } = body as { messages: string[] };
  const parts = messages.map((text) => fromHex(text));
  if (!parts.every((part) => part !== undefined))
    throw new NodeError('malformedRequest', 'messages are 0x hex');
  return concatBytes(...parts);
}
