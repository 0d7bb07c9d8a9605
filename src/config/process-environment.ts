/** The one reader of process.env: everything else is handed what it needs. */

export type Environment = Readonly<Record<string, string | undefined>>;

export const ENVIRONMENT_PREFIX = 'COUNTERSIGN_';
/** Path of the configuration file, when the command line names none. */
export const CONFIGURATION_FILE_VARIABLE = 'COUNTERSIGN_CONFIG';

/** A copy of the environment at this moment. */
export function processEnvironment(): Environment {
  return { ...process.env };
}

/** Value of one variable, or `undefined`; the demo and the CLI ask for the few that are not settings (NO_COLOR, DATABASE_URL). */
export function readEnvironmentVariable(name: string): string | undefined {
  return process.env[name];
}
