/** Networks of their own kind, two at a time: what waits for blocks and settlements costs no work meanwhile. */
import { describe } from 'node:test';
import { testLeaving } from './leaving.ts';
import { testToken } from './token.ts';
import { testWithheld } from './withheld.ts';

describe('networks', { concurrency: 2 }, () => {
  testLeaving();
  testWithheld();
  testToken();
});
