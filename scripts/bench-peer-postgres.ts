// A ledger in PostgreSQL, fsync on, over a Unix socket: single transfers by one function call each, and 256 a
// transaction in one call: each checked by itself, or netted as a set. Accounts, constraints and indexes as one would write them for money. The
// load is pgbench, PostgreSQL's own. No signature is checked.

import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const POSTGRES_BATCH = 256;
const CLIENTS = 16;
const BATCH_CLIENTS = 4;
const ACCOUNTS = 10_000;
/** Different batches that are sent. */
const SCRIPTS = 16;
const USER = 'postgres';

const SCHEMA = `
create table account (
  id bigint primary key,
  balance bigint not null check (balance >= 0)
) with (fillfactor = 50);
create table transfer (
  id bigint generated always as identity primary key,
  payer bigint not null references account,
  payee bigint not null references account,
  amount bigint not null check (amount > 0),
  request bigint not null,
  reference bytea not null check (length(reference) = 32),
  check (payer <> payee),
  unique (payer, request)
);
create index on transfer (payee, id);
insert into account select i, 1000000000000 from generate_series(1, ${ACCOUNTS}) i;

create function pay(payer bigint, payee bigint, amount bigint, request bigint, reference bytea)
returns bigint language plpgsql as $$
declare made bigint;
begin
  -- In one order always: two that pay each other do not wait for each other.
  perform from account where id in (payer, payee) order by id for no key update;
  update account set balance = balance - amount where id = payer;
  update account set balance = balance + amount where id = payee;
  insert into transfer (payer, payee, amount, request, reference)
    values (payer, payee, amount, request, reference) returning id into made;
  return made;
end $$;

create function pay_each(payers bigint[], payees bigint[], amounts bigint[], requests bigint[], reference bytea)
returns void language plpgsql as $$
begin
  perform from account where id = any (payers || payees) order by id for no key update;
  for i in 1 .. array_length(payers, 1) loop
    update account set balance = balance - amounts[i] where id = payers[i];
    update account set balance = balance + amounts[i] where id = payees[i];
    insert into transfer (payer, payee, amount, request, reference)
      values (payers[i], payees[i], amounts[i], requests[i], reference);
  end loop;
end $$;

create function pay_many(payers bigint[], payees bigint[], amounts bigint[], requests bigint[], reference bytea)
returns void language plpgsql as $$
begin
  perform from account where id = any (payers || payees) order by id for no key update;
  update account set balance = balance + change from (
    select id, sum(part) as change from (
      select unnest(payers) as id, -unnest(amounts) as part
      union all select unnest(payees), unnest(amounts)
    ) parts group by id
  ) changes where account.id = changes.id;
  insert into transfer (payer, payee, amount, request, reference)
    select *, reference from unnest(payers, payees, amounts, requests);
end $$;
vacuum analyze;
`;

const SINGLE = `\\set payer random(1, ${ACCOUNTS})
\\set payee 1 + (:payer + random(0, ${ACCOUNTS - 2})) % ${ACCOUNTS}
\\set request random(1, 9000000000000000)
select pay(:payer, :payee, 1, :request, sha256('reference'));
`;

/** Why it cannot run here, or undefined. */
export function postgresMissing(): string | undefined {
  return binaries() === undefined ? 'PostgreSQL is not installed: apt-get install postgresql' : undefined;
}

export interface PostgresFigures {
  readonly single: number;
  /** Each transfer of a batch is checked and written by itself. */
  readonly each: number;
  /** A batch is netted: one update of all accounts, one insert of all transfers. */
  readonly set: number;
}

/** Transfers a second; a fresh cluster each time. */
export function measurePostgres(seconds: number): PostgresFigures {
  const folder = mkdtempSync(join(tmpdir(), 'upfront-postgres-'));
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, Number(idOf('-u')), Number(idOf('-g')));
  const as = (program: string, ...args: string[]): string => {
    const path = join(binaries()!, program);
    // PostgreSQL refuses to run as root.
    const command = isRoot ? ['setpriv', '--reuid', USER, '--regid', USER, '--clear-groups', path] : [path];
    return execFileSync(command[0]!, [...command.slice(1), ...args], {
      encoding: 'utf8',
      cwd: folder,
      stdio: 'pipe',
    });
  };
  const data = join(folder, 'data');
  as('initdb', '-D', data, '-U', USER, '--auth=trust', '-N');
  const options = `-c listen_addresses= -c unix_socket_directories=${folder} -c shared_buffers=512MB -c max_wal_size=4GB`;
  as('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', options, 'start');
  try {
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o644 });
      return join(folder, name);
    };
    const connection = ['-h', folder, '-U', USER];
    as('psql', ...connection, '-q', '-v', 'ON_ERROR_STOP=1', '-f', write('schema.sql', SCHEMA), 'postgres');
    const bench = (clients: number, scripts: string[]): number => {
      const files = scripts.flatMap((script) => ['-f', script]);
      const common = ['-n', '-M', 'prepared', '-c', `${clients}`, '-j', '1', '-T', `${seconds}`];
      return rateOf(as('pgbench', ...connection, ...common, ...files, 'postgres'));
    };
    const batches = (call: string): number =>
      POSTGRES_BATCH *
      bench(
        BATCH_CLIENTS,
        Array.from({ length: SCRIPTS }, (_, i) => write(`${call}${i}.sql`, batchScript(call, i))),
      );
    return {
      single: bench(CLIENTS, [write('single.sql', SINGLE)]),
      each: batches('pay_each'),
      set: batches('pay_many'),
    };
  } finally {
    as('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
    rmSync(folder, { recursive: true });
  }
}

/** One call with arrays that are literals: the server parses them once. */
function batchScript(call: string, seed: number): string {
  const each = Array.from({ length: POSTGRES_BATCH }, (_, i) => i);
  const payers = each.map((i) => 1 + ((i * 37 + seed * 611) % ACCOUNTS));
  const payees = each.map((i) => 1 + ((i * 53 + seed * 977 + 5000) % ACCOUNTS));
  const apart = payees.map((payee, i) => (payee === payers[i] ? 1 + (payee % ACCOUNTS) : payee));
  const requests = `(select array_agg(cast(:request as bigint) + i) from generate_series(1, ${POSTGRES_BATCH}) i)`;
  return (
    `\\set request random(1, 9000000000000000)\nselect ${call}('{${payers}}', '{${apart}}', ` +
    `array_fill(1::bigint, array[${POSTGRES_BATCH}]), ${requests}, sha256('reference'));\n`
  );
}

function rateOf(output: string): number {
  const failed = /number of failed transactions: (\d+)/.exec(output)?.[1];
  const rate = /^tps = ([\d.]+)/m.exec(output)?.[1];
  if (rate === undefined || failed !== '0') throw new Error(`pgbench says: ${output}`);
  return Number(rate);
}

/** The newest version's programs, or those in the PATH. */
function binaries(): string | undefined {
  const versions = globSync('/usr/lib/postgresql/*/bin').filter((folder) =>
    existsSync(join(folder, 'initdb')),
  );
  const newest = versions.sort((a, b) => versionOf(a) - versionOf(b)).at(-1);
  const inPath = (process.env.PATH ?? '').split(':').find((folder) => existsSync(join(folder, 'initdb')));
  return newest ?? inPath;
}

function versionOf(folder: string): number {
  return Number(/postgresql\/(\d+)/.exec(folder)?.[1] ?? 0);
}

function idOf(flag: string): string {
  return spawnSync('id', [flag, USER], { encoding: 'utf8' }).stdout.trim();
}
