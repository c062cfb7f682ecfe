/**
 * Faults of one line in the core, each of which the simulator has to find: `find` stands once in the file.
 */

export interface Mutant {
  readonly file: string;
  readonly what: string;
  readonly find: string;
  readonly put: string;
}

const in_ = (file: string, what: string, find: string, put: string): Mutant => ({ file, what, find, put });

export const MUTANTS: readonly Mutant[] = [
  in_(
    'deal.ts',
    'a participant needs more than the bond',
    'accounts.free(row) < bond) return',
    'accounts.free(row) <= bond) return',
  ),
  in_('deal.ts', 'fetches while the network lags', 'if (ledger.isLagging(time)) return codes.lagging;', ''),
  in_(
    'deal.ts',
    'a sequence may be used twice',
    'if (accounts.isUsed(row, sequence)) return codes.sequenceUsed;',
    '',
  ),
  in_('deal.ts', 'expired fetches are dealt', 'if (BigInt(time) > expires) return codes.expired;', ''),
  in_(
    'deal.ts',
    'fetches may expire in a year',
    'if (expires > BigInt(time) + BigInt(expiryMost)) return codes.expiresTooLate;',
    '',
  ),
  in_(
    'deal.ts',
    'who leaves is dealt nonces',
    'if (accounts.hasFlag(row, FLAG.exiting)) return codes.exiting;',
    '',
  ),
  in_(
    'deal.ts',
    'one place less than the allowance',
    'if (places > privilege.allowance(row, active))',
    'if (places >= privilege.allowance(row, active))',
  ),
  in_(
    'deal.ts',
    'a budget need not cover maxima and stakes',
    'BigInt(measure.count) * fee + measure.earmarked)',
    'BigInt(measure.count) * fee)',
  ),
  in_(
    'deal.ts',
    'the bond may be spent',
    'if (accounts.free(row) < budget + bond)',
    'if (accounts.free(row) < budget)',
  ),
  in_(
    'deal.ts',
    'a limit that is just enough is too low',
    'return limit < taken ?',
    'return limit <= taken ?',
  ),
  in_(
    'deal.ts',
    'an older fetch brings its own limit',
    'isNewest ? readU64(view, offset + FETCH.limit) : accounts.authorityLimit.get(row)',
    'isNewest || true ? readU64(view, offset + FETCH.limit) : accounts.authorityLimit.get(row)',
  ),
  in_(
    'deal.ts',
    'what is reserved is not counted against the limit',
    'accounts.reserved.get(row) + budget;\n',
    'budget;\n',
  ),
  in_(
    'deal.ts',
    'one fee too many',
    'BigInt(measure.count) * ledger.genesis.parameters.fee;',
    'BigInt(measure.count + 1) * ledger.genesis.parameters.fee;',
  ),
  in_('deal.ts', 'fees are not unsettled', 'ledger.addUnsettled(row, fees);', ''),
  in_(
    'deal.ts',
    'who fetches in this block does not count as active',
    'active += accounts.standing.get(row);',
    '',
  ),
  in_(
    'deal.ts',
    'the authority is kept when a newer one comes',
    'if (sequence > accounts.authoritySequence.get(row)) empower',
    'if (accounts.authoritySequence.get(row) < 0n) empower',
  ),
  in_(
    'fulfil.ts',
    'transfers to nobody',
    'if (isZero(bytes, offset + to, 20)) return codes.zeroRecipient;',
    '',
  ),
  in_(
    'fulfil.ts',
    'a transfer may take what a hold has locked',
    'rest[fetch]! - earmarked[fetch]!',
    'rest[fetch]!',
  ),
  in_(
    'fulfil.ts',
    'a withdrawal of just dust is refused',
    'return amount < least ?',
    'return amount <= least ?',
  ),
  in_('fulfil.ts', 'amounts of nothing', 'if (amount === 0n) return codes.zeroAmount;', ''),
  in_(
    'fulfil.ts',
    'posts longer than announced',
    'if (length > nonces.size[row]!) return codes.tooLarge;',
    '',
  ),
  in_(
    'fulfil.ts',
    'the whole of a hold cannot be captured',
    'nonces.amount[row]! ? codes.overMax',
    'nonces.amount[row]! - 1n ? codes.overMax',
  ),
  in_(
    'fulfil.ts',
    'captures without a signature',
    'if (!isSigned && kind === KIND.hold) return codes.badCaptureSignature;',
    '',
  ),
  in_(
    'fulfil.ts',
    'validations without a signature',
    'if (!isSigned && kind === KIND.validate) return codes.badValidationSignature;',
    '',
  ),
  in_(
    'fulfil.ts',
    'a release raises the standing',
    'resolve(ledger, row, amount > 0n ? 1 : 0);',
    'resolve(ledger, row, 1);',
  ),
  in_(
    'fulfil.ts',
    'the payee is paid twice',
    'ledger.receive(payee, amount);',
    'ledger.receive(payee, amount);\n    ledger.receive(payee, amount);',
  ),
  in_(
    'openings.ts',
    'every intent is sealed as the first',
    'view.setUint16(at + COMMITMENT.index, nonces.index[row]!);',
    'view.setUint16(at + COMMITMENT.index, 0);',
  ),
  in_('annul.ts', 'a lapsed hold costs its payer standing', 'kind === KIND.hold ? 0 : -1', '-1'),
  in_('annul.ts', 'a burnt stake is not taken', 'if (stake > 0n) pay(ledger, row, stake);', ''),
  in_(
    'nonces.ts',
    'annulled at the deadline, not after it',
    'clock <= this.deadline(row)',
    'clock < this.deadline(row)',
  ),
  in_('nonces.ts', 'one block more before annulment', '< leastAge;', '<= leastAge;'),
  in_('privilege.ts', 'annulment costs three quarters', 'before >>> 1', 'before >>> 2'),
  in_(
    'privilege.ts',
    'standing above one',
    'Math.min(STANDING_ONE, before + this.#parameters.standingGain)',
    'before + this.#parameters.standingGain',
  ),
  in_(
    'privilege.ts',
    'allowances are rounded up',
    'Math.floor((standing * this.#parameters.maxPlaces) / STANDING_ONE)',
    'Math.ceil((standing * this.#parameters.maxPlaces) / STANDING_ONE)',
  ),
  in_(
    'privilege.ts',
    'who is done stays active',
    'this.active += open === 0 ? -before : after - before;',
    'this.active += after - before;',
  ),
  in_(
    'resolve.ts',
    'what a hold locked stays locked',
    'fetches.earmarked[fetch] = fetches.earmarked[fetch]! - earmark;',
    '{}',
  ),
  in_(
    'resolve.ts',
    'the rest of a budget is lost',
    'accounts.reserved.set(row, accounts.reserved.get(row) - fetches.rest[fetch]!);',
    '',
  ),
  in_(
    'topics.ts',
    'one delivery at a time',
    'while (head !== NONE && this.#state[head] !== OPEN) {',
    'if (head !== NONE && this.#state[head] !== OPEN) {',
  ),
  in_(
    'cut.ts',
    'a cut a moment later',
    'settlements.lastCut < ledger.genesis.parameters.interval)',
    'settlements.lastCut <= ledger.genesis.parameters.interval)',
  ),
  in_('cut.ts', 'no entry fee', 'return amount > entryFee ? amount - entryFee : 0n;', 'return amount;'),
  in_(
    'cut.ts',
    'shared fees stay in the pot',
    'settlements.feePot -= share * BigInt(validators.length);',
    '',
  ),
  in_('cut.ts', 'a leaver may have open nonces', ' && ledger.accounts.openNonces.get(row) === 0;', ';'),
  in_(
    'form.ts',
    'one settlement too many under way',
    'settlements.unconfirmed.length >= maxUnconfirmed)',
    'settlements.unconfirmed.length > maxUnconfirmed)',
  ),
  in_(
    'form.ts',
    'an exit drops the authority at its own sequence',
    'if (accounts.authoritySequence.get(row) < exit.sequence) {',
    'if (accounts.authoritySequence.get(row) <= exit.sequence) {',
  ),
  in_('form.ts', 'old sequences live on after an exit', 'accounts.useBelow(row, exit.sequence);', ''),
  in_(
    'form.ts',
    'an exit is acknowledged before its entries are formed',
    ' || accounts.unformed.get(row) !== 0,',
    ',',
  ),
  in_(
    'form.ts',
    'the inbox is one item ahead',
    'return first === undefined ? imported : first.item - 1;',
    'return first === undefined ? imported : first.item;',
  ),
  in_('evidence.ts', 'a view may go back in its items', ' || view.items < newest.items', ''),
  in_(
    'evidence.ts',
    'the most of all views counts',
    'values.sort((a, b) => b - a);',
    'values.sort((a, b) => b - a).fill(values[0]!);',
  ),
  in_(
    'items.ts',
    'a head is not compared',
    'return known !== undefined && compareBytes(known, view.head) === 0;',
    'return true;',
  ),
  in_(
    'ledger.ts',
    'two thirds are a quorum',
    '3 * count > 2 * this.validators.length',
    '3 * count >= 2 * this.validators.length',
  ),
  in_(
    'ledger.ts',
    'an unconfirmed settlement is no lag',
    'if (oldest !== undefined && time - oldest.cutTime > lag) return true;',
    '',
  ),
  in_(
    'accounts.ts',
    'the last sequence ahead is out of range',
    'age >= -SEQUENCE_WINDOW;',
    'age > -SEQUENCE_WINDOW;',
  ),
  in_(
    'apply.ts',
    'an outage ages nonces',
    'Math.min(block.time - ledger.time, CLOCK_STEP_MOST)',
    '(block.time - ledger.time)',
  ),
];
