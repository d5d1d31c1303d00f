import { CoreError, newId, Refused } from '@edgefold/client';
import { data, Form, Link, redirect, useNavigation } from 'react-router';
import { CreateReservation } from '../documents';
import { signedIn } from '../session';
import { counted, day, euros, nights, reason } from '../words';
import type { Route } from './+types/book';

export async function loader(asked: Route.LoaderArgs) {
  const { cache, who } = await signedIn(asked);
  const { room: roomId = '', from = '', until = '' } = Object.fromEntries(new URL(asked.request.url).searchParams);
  const found = from < until && (await cache.read('room', roomId, { as: who }));
  if (!found) throw data(null, { status: 404 });
  // The form carries the ids: however often it is sent, there is one booking.
  return { room: found.row, from, until, ids: { id: newId(), commandId: newId() } };
}

export async function action(asked: Route.ActionArgs) {
  const { core, cache, who } = await signedIn(asked);
  const { id, commandId, roomId, dateStart, dateEnd } = Object.fromEntries(await asked.request.formData()) as Record<string, string>;
  const input = { roomId: roomId!, dateStart: dateStart!, dateEnd: dateEnd! };
  try {
    const sent = await core.send(CreateReservation, { id: id!, commandId: commandId!, input });
    await cache.seed('reservation', sent.id, { ...input, id: sent.id, version: sent.version!, status: 'PENDING', refusal: null, userId: who.subject, confirmBy: sent.confirmBy! });
    return redirect(`/reservations/${sent.id}`);
  } catch (error) {
    if (error instanceof Refused) return data({ problem: reason(error.code), ids: undefined }, { status: 422 });
    if (error instanceof CoreError) return data({ problem: 'The hotel cannot be reached. Nothing is lost: press the button again.', ids: { id, commandId } }, { status: 503 });
    throw error;
  }
}

export default function Book({ loaderData: { room, from, until, ids }, actionData }: Route.ComponentProps) {
  const isSending = useNavigation().state !== 'idle';
  const fields = { ...ids, ...actionData?.ids, roomId: room.id, dateStart: from, dateEnd: until };
  const stay = nights(from, until);
  return (
    <>
      <h1>Room {room.number}</h1>
      <dl className="facts">
        <div><dt>First night</dt><dd>{day(from)}</dd></div>
        <div><dt>Departure</dt><dd>{day(until)}</dd></div>
        <div><dt>For</dt><dd>{counted(room.capacity, 'guest')}</dd></div>
        <div><dt>{counted(stay, 'night')} at {euros(room.nightlyRate)}</dt><dd className="price">{euros(room.nightlyRate * stay)}</dd></div>
      </dl>
      {actionData && <p className="problem" role="alert">{actionData.problem}</p>}
      <Form method="post" className="actions">
        {Object.entries(fields).map(([name, value]) => <input key={name} type="hidden" name={name} value={value} />)}
        <button disabled={isSending}>{isSending ? 'Booking …' : 'Book'}</button>
        <Link to={`/?${new URLSearchParams({ from, until })}`}>Other rooms for these nights</Link>
      </Form>
    </>
  );
}
