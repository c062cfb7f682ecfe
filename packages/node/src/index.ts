/** The public names of the node. */
export { type NodeCode, NodeError, nodeCodeName, nodeCodes } from './api/errors.ts';
export { type CommitteeNode, committeeToJson, readCommitteeFile } from './config/committee-file.ts';
export { type ConfigSources, loadConfig } from './config/config.ts';
export { ConfigError } from './config/config-error.ts';
export { type GenesisJson, genesisFromJson, genesisToJson, readGenesisFile } from './config/genesis-file.ts';
export {
  argumentOf,
  type Config,
  flagOf,
  type Setting,
  type SettingName,
  settingNames,
  settings,
  settingsHelp,
  variableOf,
} from './config/settings.ts';
export { ensureKeys as ensureCometKeys } from './engine/comet/home.ts';
export { ChainBehindError } from './first-layer.ts';
export { type Accused, type AccuseOptions, accuse, NoEquivocationError } from './l1/accuse.ts';
export { type Anvil, AnvilError, type AnvilOptions, DEV_KEYS, startAnvil } from './l1/anvil.ts';
export {
  type BondOptions,
  type Deployment,
  type DeployOptions,
  deployUpfront,
  validatorBond,
} from './l1/deploy.ts';
export { createLimits, defaultLimits, type Limits } from './limits.ts';
export { createLog, type Logger, type LogLevel, logLevels } from './log.ts';
export { type NodeOverrides, type RunningNode, startNode } from './node.ts';
