/** The journal in memory: the shared suite. */
import { journalSuite } from '../../test/journal-suite.ts';
import { memoryJournal } from './memory.ts';

journalSuite('memory', async () => async () => memoryJournal(), false);
