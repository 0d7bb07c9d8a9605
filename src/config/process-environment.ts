/** The one reader of process.env: everything else is handed what it needs. */

export type Environment = Readonly<Record<string, string | undefined>>;

export const ENVIRONMENT_PREFIX = 'COUNTERSIGN_';
/** Path of the configuration file, when the command line names none. */
export const CONFIGURATION_FILE_VARIABLE = 'COUNTERSIGN_CONFIG';

/** A copy of the environment at this moment. */
export function processEnvironment(): Environment {
  return { ...process.env };
}
