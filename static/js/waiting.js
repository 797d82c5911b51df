// Scans that wait to be sent, kept in this browser: each under a key of its own, so that tabs which are
// open at once never write over what another one keeps.

export function newGuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The scans under one key: {id, at, …}, at in milliseconds. all() gives them in the order of scanning.
export function waitingScans(key) {
  const start = `${key}:`;
  return {
    all() {
      const names = Object.keys(localStorage).filter((name) => name.startsWith(start));
      const scans = names.map((name) => JSON.parse(localStorage.getItem(name)));
      return scans.filter(Boolean).sort((one, other) => one.at - other.at);
    },
    keep: (scan) => localStorage.setItem(start + scan.id, JSON.stringify(scan)),
    drop: (scan) => localStorage.removeItem(start + scan.id),
  };
}
