// What the mocks make of media in requests: strict base64 of bytes that are what they are said to be.
'use strict';

const TYPES = {
  'image/png': /^\x89PNG\r\n\x1a\n/, 'image/jpeg': /^\xff\xd8\xff/, 'image/gif': /^GIF8[79]a/, 'image/webp': /^RIFF....WEBP/s,
  'audio/wav': /^RIFF....WAVE/s, 'audio/mpeg': /^(ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb])/, 'audio/ogg': /^OggS/, 'audio/flac': /^fLaC/,
  'video/mp4': /^....ftyp(iso|mp4|avc1|M4V)/s, 'video/webm': /^\x1a\x45\xdf\xa3/, 'video/quicktime': /^....ftypqt /s,
  'application/pdf': /^%PDF-/, 'text/plain': /^[^\0]+$/ };
const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/// Why `data` is no base64 of a `type`, one of `allowed`; undefined if it is.
function wrongData(type, data, allowed) {
  if (!allowed.includes(type)) return `unsupported type ${type}`;
  if (typeof data !== 'string' || data === '' || data.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return 'invalid base64 data';
  return TYPES[type].test(Buffer.from(data, 'base64').toString('latin1')) ? undefined : `the data is no ${type}`;
}

/// The same of a data URI.
function wrongDataUri(uri, allowed) {
  const parts = /^data:([a-z]+\/[a-z]+);base64,(.*)$/s.exec(uri ?? '');
  return parts ? wrongData(parts[1], parts[2], allowed) : 'expected a base64-encoded data URL';
}

/// Why `url` is none that a provider fetches; undefined if it is one.
function wrongUrl(url) {
  return typeof url === 'string' && /^https:\/\/[^/\s@]+(\/\S*)?$/.test(url) ? undefined : 'only HTTPS URLs are supported';
}

module.exports = { IMAGES, wrongData, wrongDataUri, wrongUrl };
