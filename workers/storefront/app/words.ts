// How things are said to a guest.
import type { ReservationStatus } from '@edgefold/client';

/** `Fri, 01 Jan 2027`: the same on a server as in any browser. */
export const day = (date: string) => new Date(date).toUTCString().slice(0, 16);
export const euros = (minor: number) => `€${(minor / 100).toFixed(minor % 100 ? 2 : 0)}`;
export const nights = (from: string, until: string) => Math.round((Date.parse(until) - Date.parse(from)) / 86_400_000);
export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
/** The day that is so many days from now. */
export const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

export const statuses: Record<ReservationStatus, string> = { PENDING: 'Pending', CONFIRMED: 'Confirmed', DECLINED: 'Declined', CANCELLED: 'Cancelled', EXPIRED: 'Expired' };

const reasons: Record<string, string> = {
  NIGHTS_TAKEN: 'Somebody else has just taken at least one of these nights.',
  ROOM_CLOSED: 'The hotel takes no more bookings for this room.',
  ROOM_UNKNOWN: 'The hotel has no such room any more.',
  ARRIVAL_PAST: 'The first night lies in the past.',
  ARRIVAL_TOO_FAR: 'The hotel has not opened its books for that day yet.',
  STAY_TOO_LONG: 'One booking has at most 90 nights.',
  DATES_REVERSED: 'The day of departure has to come after the first night.',
  RESERVATION_ENDED: 'This reservation has ended already.',
};
/** Why the hotel says no. */
export const reason = (code: string | null | undefined) => reasons[code ?? ''] ?? 'The hotel has refused.';
