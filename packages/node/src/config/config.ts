/**
 * Where each setting of a node comes from: flags > environment > file > defaults.
 *
 * Invariant: a configuration is whole and within its bounds, or loading it throws and names the setting and its source.
 */

import { dirname, resolve } from 'node:path';
import { ADDRESS } from '../api/parse.ts';
import { ConfigError } from './config-error.ts';
import { readJsonFile } from './json-file.ts';
import {
  type Config,
  flagOf,
  type Kind,
  type Setting,
  type SettingName,
  settingNames,
  settings,
  variableOf,
} from './settings.ts';

export type Source = 'flag' | 'environment' | 'file' | 'default';

export interface ConfigSources {
  /** As given on the command line, by setting; a switch as true or false. */
  readonly flags?: Partial<Record<SettingName, string | number | boolean | undefined>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** A JSON file; undefined: none. Paths in it count from its folder. */
  readonly file?: string | undefined;
}

/** Throws ConfigError. Settings with neither a value nor a default are undefined if optional. */
export function loadConfig(sources: ConfigSources): Config {
  const file = sources.file === undefined ? {} : readConfigFile(sources.file);
  const config: Record<string, string | number | boolean | undefined> = {};
  for (const name of settingNames) {
    const found = findValue(name, sources, file);
    if (found === undefined) {
      const setting: Setting = settings[name];
      if (setting.default === undefined && setting.optional === undefined) {
        throw new ConfigError(name, `${name} is not set: use ${flagOf(name)} or ${variableOf(name)}`);
      }
      config[name] = setting.default;
    } else {
      const value = readValue(name, found.value, found.source);
      const isFromFile = found.source === 'file' && settings[name].kind.type === 'path';
      config[name] = isFromFile ? resolve(dirname(sources.file ?? ''), String(value)) : value;
    }
  }
  return config as unknown as Config;
}

function findValue(
  name: SettingName,
  { flags = {}, environment = {} }: ConfigSources,
  file: Readonly<Record<string, unknown>>,
): { value: unknown; source: Source } | undefined {
  const flag = flags[name];
  if (flag !== undefined) return { value: flag, source: 'flag' };
  const variable = environment[variableOf(name)];
  if (variable !== undefined && variable !== '') return { value: variable, source: 'environment' };
  const entry = file[name];
  return entry === undefined ? undefined : { value: entry, source: 'file' };
}

function readConfigFile(path: string): Record<string, unknown> {
  const json = readJsonFile('file', path, 'name one that is there, or none');
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConfigError('file', `${path} is not an object of settings`);
  }
  const unknown = Object.keys(json).find((name) => !Object.hasOwn(settings, name));
  if (unknown !== undefined) throw new ConfigError(unknown, `${path} sets ${unknown}, which there is not`);
  return { ...json };
}

function readValue(name: SettingName, value: unknown, source: Source): string | number | boolean {
  const { kind }: Setting = settings[name];
  const read = readKind(kind, value);
  if (read === undefined) {
    throw new ConfigError(
      name,
      `${name} (${placeOf(name, source)}) is ${JSON.stringify(value)}, not ${wantedBy(kind)}`,
    );
  }
  return read;
}

/** The typed value, or undefined. Text is as strict as anywhere: no sign, no leading zero, no space. */
function readKind(kind: Kind, value: unknown): string | number | boolean | undefined {
  switch (kind.type) {
    case 'flag':
      if (value === true || value === 'true' || value === '1') return true;
      return value === false || value === 'false' || value === '0' ? false : undefined;
    case 'integer': {
      const text = typeof value === 'number' ? String(value) : value;
      if (typeof text !== 'string' || !/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
      const number = Number(text);
      return number >= kind.least && number <= kind.most ? number : undefined;
    }
    case 'choice':
      return typeof value === 'string' && kind.of.includes(value) ? value : undefined;
    case 'url': {
      const url = typeof value === 'string' ? URL.parse(value) : null;
      return url !== null && ['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)
        ? String(value)
        : undefined;
    }
    case 'address':
      return typeof value === 'string' && new RegExp(ADDRESS).test(value) ? value : undefined;
    case 'text':
    case 'path':
      return typeof value === 'string' && value !== '' ? value : undefined;
  }
}

function wantedBy(kind: Kind): string {
  switch (kind.type) {
    case 'flag':
      return 'true or false';
    case 'integer':
      return `an integer in ${kind.least}..${kind.most}`;
    case 'choice':
      return `one of ${kind.of.join(', ')}`;
    case 'url':
      return 'a URL of http, https, ws or wss';
    case 'address':
      return '0x and 40 hex digits';
    case 'text':
    case 'path':
      return 'a text';
  }
}

function placeOf(name: SettingName, source: Source): string {
  if (source === 'flag') return flagOf(name);
  return source === 'environment' ? variableOf(name) : `in the ${source}`;
}
