/** Markdown of docs/profiles.md. */
export function profilesPage(profileFields: Readonly<Record<string, readonly object[]>>): string;
