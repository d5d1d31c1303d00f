// Ids that the client makes up.

/** A UUIDv7: it begins with the time, as the core's own do. Works on pages that are not served over HTTPS, too. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(Date.now()) << 16n) | 0x7000n | BigInt(bytes[7]! | ((bytes[6]! & 15) << 8)));
  bytes[8] = (bytes[8]! & 63) | 128;
  return Array.from(bytes, (byte, i) => ([4, 6, 8, 10].includes(i) ? '-' : '') + byte.toString(16).padStart(2, '0')).join('');
}
