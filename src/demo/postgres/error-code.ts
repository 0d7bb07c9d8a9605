/** Whether an error of the operating system or of Node has one of the codes, e.g. EEXIST. */
export function hasErrorCode(error: unknown, ...codes: readonly string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
}
