/** Verifies an export of the audit trail, written from docs/trail.md alone and sharing no code with cotrack. */

import { createHash, createPublicKey, verify } from 'node:crypto';
import { existsSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';

const LONGEST = 16 * 2 ** 20;
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const NOTE = /^(([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n)\n\u2014 ([^ \n]+) ([^ \n]+)\n$/;
const VKEY = /^([^\s+]+)\+([0-9a-f]{8})\+([^\n]+)\n?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const brief = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

function base64(text, length) {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === length && bytes.toString('base64') === text) return bytes;
  throw new Error(`not the base64 of ${length} bytes in its one spelling: ${brief(text)}`);
}

/** Lines as bytes: node:readline would also split at CR and U+2028, and would repair wrong UTF-8. */
function* lines(path) {
  const file = openSync(path, 'r');
  const chunk = Buffer.allocUnsafe(2 ** 16);
  let held = [];
  for (let got = readSync(file, chunk); got > 0 && held.length * chunk.length <= LONGEST; got = readSync(file, chunk)) {
    let start = 0;
    for (let end = 0; (end = chunk.subarray(0, got).indexOf(10, start)) >= 0; start = end + 1) {
      yield { bytes: Buffer.concat([...held, chunk.subarray(start, end)]), ended: true };
      held = [];
    }
    if (start < got) held.push(Buffer.from(chunk.subarray(start, got)));
  }
  if (held.length > 0) yield { bytes: Buffer.concat(held), ended: false };
}

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

/** Keeps only the root of each complete subtree, by height: one for each binary 1 of the size. */
class Tree {
  size = 0;
  #roots = [];
  add(hash) {
    let [height, node] = [0, hash];
    for (; this.#roots[height]; height += 1) {
      node = nodeHash(this.#roots[height], node);
      this.#roots[height] = null;
    }
    this.#roots[height] = node;
    this.size += 1;
  }
  root() {
    const roots = this.#roots.filter((root) => root);
    return roots.length === 0 ? sha256() : roots.reduce((right, left) => nodeHash(left, right));
  }
}

function readKey(path) {
  const match = VKEY.exec(utf8.decode(readFileSync(path)));
  if (!match) throw new Error('not a verifier key: name+hash+key');
  const [, name, hash, code] = match;
  const typed = base64(code, 33);
  if (typed[0] !== 1) throw new Error('not an Ed25519 key (type 01)');
  const right = sha256(Buffer.from(`${name}\n`), typed).toString('hex', 0, 4);
  if (right !== hash) throw new Error(`its key hash ${hash} does not fit its name and public key (${right})`);
  const der = Buffer.concat([ED25519_SPKI, typed.subarray(1)]);
  return { name, hash, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

function openNote(text, key) {
  const match = NOTE.exec(text);
  if (!match) throw new Error('not a checkpoint: three lines, an empty line, one line of signature, LF after each');
  const [, signed, origin, size, root, signer, code] = match;
  const stranger = [origin, signer].find((name) => name !== key.name);
  if (stranger) throw new Error(`its name ${brief(stranger)} is not the key's, ${brief(key.name)}`);
  const signature = base64(code, 68);
  const hash = signature.toString('hex', 0, 4);
  if (hash !== key.hash) throw new Error(`signed by another key: key hash ${hash}, not ${key.hash}`);
  if (!verify(null, Buffer.from(signed), key.publicKey, signature.subarray(4))) throw new Error('a wrong signature');
  return { size, root: base64(root, 32) };
}

/** One checkpoint, or what is wrong with it, at the size that it claims. */
function readCheckpoint(key, place, path, name) {
  const mark = { place, size: 0 };
  try {
    const text = utf8.decode(readFileSync(path));
    mark.size = Number(text.split('\n')[1]) || 0;
    const { size, root } = openNote(text, key);
    mark.root = root;
    if (name && name !== size) throw new Error(`its size is ${size}, which is not its name`);
  } catch (error) {
    mark.fault = error.message;
  }
  return mark;
}

function readCheckpoints(folder, names, key, held) {
  const files = names.map((name) => [`checkpoints/${name}`, `${folder}/checkpoints/${name}`, name]);
  files.push(['checkpoint', `${folder}/checkpoint`], ...(held ? [[`--checkpoint ${held}`, held]] : []));
  return files.map((file) => readCheckpoint(key, ...file)).sort((a, b) => a.size - b.size);
}

/** Judges every checkpoint at its size, while the tree grows. */
function watchCheckpoints(marks, tree, say) {
  let [next, whole] = [0, 0];
  const reach = () => {
    for (; marks[next]?.size <= tree.size; next += 1) {
      const { place, root, fault } = marks[next];
      if (fault) say(place, fault);
      else if (root.equals(tree.root())) whole = tree.size;
      else say(place, `the root over the first ${tree.size} lines is another; whole up to line ${whole}`);
    }
  };
  const end = (where) => marks.slice(next).forEach(({ place, size, fault }) => {
    say(place, fault ?? `signs ${size} records, entries.jsonl ends after line ${tree.size}: missing${where}`);
  });
  return { reach, end };
}

/** Why `leaves` cannot name a changed line, or null where it can: where it gives the root of the checkpoint. */
function doubtLeaves(leafAt, head) {
  if (!head) return 'there is no right `checkpoint` to judge it by';
  const tree = new Tree();
  for (let leaf = leafAt(1); leaf !== ''; leaf = leafAt(tree.size + 1)) {
    if (!/^[0-9a-f]{64}\n$/.test(leaf)) return `its line ${tree.size + 1} is not 64 hexadecimal digits and LF`;
    tree.add(Buffer.from(leaf, 'hex'));
  }
  return tree.size === head.size && tree.root().equals(head.root) ? null : 'it does not give the root of `checkpoint`';
}

function whatHappened(leafAt, { number, leaf }, next) {
  const [own, following] = [leafAt(number), leafAt(number + 1)];
  if (own === '') return 'put in, after the last';
  if (next === own) return leaf === following ? 'swapped with the next line' : 'put in';
  for (let other = number + 1; leafAt(other) !== ''; other += 1) {
    const what = leaf === following || next === leafAt(other + 1) ? 'taken out' : 'altered';
    if (leafAt(other) === leaf) return `${what}: here stands what was line ${other}`;
  }
  return 'altered';
}

/** Compares `leaves` with the entries; what happened to a line can only be said when the next one is known. */
function watchLeaves(path, head, say) {
  const [file, line] = [openSync(path, 'r'), Buffer.alloc(65)];
  const leafAt = (number) => line.toString('latin1', 0, readSync(file, line, 0, 65, (number - 1) * 65));
  const doubt = doubtLeaves(leafAt, head);
  let [changed, pending] = [null, false];
  const settle = (next) => {
    if (pending && doubt) say(`leaves line ${changed.number}`, `not the hash of that line of entries.jsonl; ${doubt}`);
    else if (pending) say(`entries.jsonl line ${changed.number}`, whatHappened(leafAt, changed, next));
    pending = false;
  };
  const compare = (number, leaf) => {
    settle(leaf);
    if (!changed && leafAt(number) !== leaf) [changed, pending] = [{ number, leaf }, true];
  };
  const end = () => {
    settle('');
    if (head && doubt && !changed) say('leaves', doubt);
    return changed !== null;
  };
  return { compare, end };
}

/** RFC 8785, of which a trail uses whole numbers only; sort() orders by UTF-16 code units, as it asks. */
function canonical(value) {
  if (typeof value === 'string' && !value.isWellFormed()) throw new Error('half of a surrogate pair in a text');
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new Error('fraction or number beyond 2^53-1');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  return `{${Object.keys(value).sort().map((key) => `${canonical(key)}:${canonical(value[key])}`).join(',')}}`;
}

const isText = (value) => typeof value === 'string';
const isPair = (value) => isText(value) && /^[^:]+:./su.test(value);
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const hasKeys = (value, keys) => isObject(value) && Object.keys(value).sort().join() === keys;
const isScalar = (value) => value === null || typeof value !== 'object';
const isBlocker = (value) => hasKeys(value, 'code,detail') && isText(value.code);
const isChange = (value) => hasKeys(value, 'column,new,old,row') && isPair(value.row) && isText(value.column)
  && isScalar(value.old) && isScalar(value.new);

/** That instant some milliseconds earlier, in the same form; empty where the calendar has no such instant. */
function earlier(at, span) {
  const time = Date.parse(`${at.slice(0, 19)}Z`);
  return Number.isNaN(time) ? '' : new Date(time - span).toISOString().slice(0, 19) + at.slice(19);
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const FIELDS = {
  id: (value) => Number.isSafeInteger(value) && value >= 0,
  at: (value) => isText(value) && INSTANT.test(value) && earlier(value, 0) === value,
  ...Object.fromEntries(['actor', 'printed_name', 'role', 'station', 'reason', 'request'].map((key) => [key, isText])),
  zone: (value) => isText(value) && value !== '',
  event: (value) => isText(value) && /^[^.\s]+\.[^.\s]+$/.test(value),
  subject: isPair,
  changes: (value) => Array.isArray(value) && value.every(isChange),
  outcome: (value) => ['done', 'refused', 'mismatch'].includes(value),
  blockers: (value) => value === undefined || (Array.isArray(value) && value.length > 0 && value.every(isBlocker)),
};

/** Tells whether an id is new: one bit for each id, in pages, so that a long trail needs little memory. */
function idRegister() {
  const pages = new Map();
  return (id) => {
    const page = Math.floor(id / 512);
    const [seen, bit] = [pages.get(page) ?? 0n, 1n << BigInt(id % 512)];
    pages.set(page, seen | bit);
    return (seen & bit) === 0n;
  };
}

/** Instants are compared as texts: in their one form the order of texts is the order of time. */
function clock() {
  let [latest, free] = ['', true];
  return ({ at, event }, say) => {
    // The document excuses only the record after demonstration.load, but exports show that one itself in the past.
    const excused = free || event === 'demonstration.load';
    free = event === 'demonstration.load';
    const back = !excused && at < earlier(latest, 120_000);
    if (back) say(`its instant ${at} is more than 120 seconds before ${latest}`);
    if (excused || back || at > latest) latest = at;
  };
}

function judgeRecord(text, { isNew, stepBack }, say) {
  const record = JSON.parse(text);
  if (!isObject(record)) throw new Error('not a JSON object');
  if (record.v !== 1) throw new Error(`its format version ${brief(record.v)} is not known`);
  if (canonical(record) !== text) say('not in canonical form (RFC 8785)');
  const misfits = Object.keys(FIELDS).filter((field) => !FIELDS[field](record[field]));
  for (const field of misfits) say(`its ${field} is not as it must be: ${brief(record[field])}`);
  if (!misfits.includes('id') && !isNew(record.id)) say(`its id ${record.id} was used before`);
  if (!misfits.includes('at')) stepBack(record, say);
}

function tried(place, action, say, otherwise) {
  try {
    return action();
  } catch (error) {
    say(place, error.message);
    return otherwise;
  }
}

function walk(path, { tree, head, leaves, checkpoints }, say) {
  const state = { isNew: idRegister(), stepBack: clock() };
  for (const { bytes, ended } of lines(path)) {
    const place = `entries.jsonl line ${tree.size + 1}`;
    const hash = sha256(Buffer.of(0), bytes);
    leaves.compare(tree.size + 1, `${hash.toString('hex')}\n`);
    checkpoints.reach();
    if (tree.size === head?.size) say(place, `beyond the ${head.size} records that \`checkpoint\` signs`);
    if (!ended) say(place, 'no LF at its end');
    if (bytes.length > LONGEST) say(place, 'longer than 16 MiB');
    tried(place, () => judgeRecord(utf8.decode(bytes), state, (what) => say(place, what)), say);
    tree.add(hash);
  }
}

function verifyExport({ folder, ...given }, say) {
  const tree = new Tree();
  const key = tried(given['--vkey'] ?? 'vkey', () => readKey(given['--vkey'] ?? `${folder}/vkey`), say);
  const names = tried('checkpoints', () => readdirSync(`${folder}/checkpoints`), say, []);
  const read = key ? readCheckpoints(folder, names, key, given['--checkpoint']) : [];
  const head = read.find(({ place, fault }) => place === 'checkpoint' && !fault);
  const checkpoints = watchCheckpoints(read, tree, say);
  const leaves = tried('leaves', () => watchLeaves(`${folder}/leaves`, head, say), say, { compare() {}, end() {} });
  tried('entries.jsonl', () => walk(`${folder}/entries.jsonl`, { tree, head, leaves, checkpoints }, say), say);
  const named = leaves.end();
  checkpoints.reach();
  checkpoints.end(named ? '' : ' at the end');
  return tree.size;
}

function readArguments([folder, ...words]) {
  const given = { folder };
  while (words.length > 0) given[words.shift()] = words.shift();
  const known = Object.keys(given).every((name) => ['folder', '--vkey', '--checkpoint'].includes(name));
  return known && Object.values(given).every((path) => existsSync(path)) ? given : null;
}

function main(words) {
  const given = readArguments(words);
  if (!given) {
    console.error('usage: node verify.mjs FOLDER [--vkey FILE] [--checkpoint FILE]');
    return 2;
  }
  if (!given['--vkey']) console.error("trusts the export's own key, which proves only that it agrees with itself");
  let right = true;
  const count = verifyExport(given, (place, what) => {
    console.log(`${place}: ${what}`.replace(/\p{Cc}/gu, '?'));
    right = false;
  });
  if (right) console.log(`whole: ${count} records`);
  return right ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
