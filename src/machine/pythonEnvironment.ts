/** Variables that steer VS Code's own Node, or point into its processes: a Python's children must not inherit them. */
const ours =
  /^(ELECTRON_|VSCODE_|NODE_OPTIONS$|NODE_CHANNEL_|APPLICATION_INSIGHTS_NO_|CHROME_DESKTOP$|GDK_PIXBUF_MODULE_FILE$)/i;

/** The environment for a Python that is started from VS Code: the user's own, and what is added. */
export function pythonEnvironment(
  base: Readonly<Record<string, string | undefined>>,
  added: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) {
    if (value !== undefined && !ours.test(name)) {
      environment[name] = value;
    }
  }
  return { ...environment, ...added };
}
