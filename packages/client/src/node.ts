/** What only Node can do: the journal in a file. Everything else is in the package's main entry. */
export { fileJournal } from './journal/file.ts';
