// A setting that cannot be used.

/** A setting that cannot be used. The message is for people. */
export class ConfigError extends Error {
  readonly setting: string;

  constructor(setting: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
    this.setting = setting;
  }
}
