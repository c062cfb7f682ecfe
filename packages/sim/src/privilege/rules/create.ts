/** The five rules by name. */
import { AimdWindow } from './aimd.ts';
import { DepositPerNonce } from './deposit.ts';
import { EqualShare } from './equal-share.ts';
import { FairQueue } from './fair-queue.ts';
import type { Rule, RuleContext, RuleName } from './rule.ts';
import { UpfrontRule } from './upfront.ts';

/** What people read in tables and legends. */
export const RULE_TITLES: Readonly<Record<RuleName, string>> = {
  upfront: 'Upfront',
  'equal-share': 'equal static share',
  'fair-queue': 'fair queuing',
  deposit: 'deposit per nonce',
  aimd: 'AIMD window',
};

export function createRule(name: RuleName, context: RuleContext): Rule {
  switch (name) {
    case 'upfront':
      return new UpfrontRule(context);
    case 'equal-share':
      return new EqualShare(context);
    case 'fair-queue':
      return new FairQueue(context);
    case 'deposit':
      return new DepositPerNonce(context);
    case 'aimd':
      return new AimdWindow(context);
  }
}
