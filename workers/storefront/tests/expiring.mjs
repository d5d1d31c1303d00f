// A room that does not answer: what becomes of the reservation is looked at when the minute is over, in expired.mjs.
import { it, visit } from './together.mjs';
import { nights, query } from './visitor.mjs';

const [room, dates] = [await it.room('404'), nights()];
await it.core.hold(room);
const guest = await visit('eve', `/book?${query({ room, ...dates })}`);
await guest.press('Book');
await guest.is('PENDING');

export const silent = { room, dates, guest };
