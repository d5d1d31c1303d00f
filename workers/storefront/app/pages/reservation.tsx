import { newId, Refused } from '@edgefold/client';
import { useAggregate } from '@edgefold/client/react';
import { data, Form, Link, redirect } from 'react-router';
import { CancelReservation, LiveReservation } from '../documents';
import { Live } from '../live';
import { signedIn } from '../session';
import { counted, day, euros, nights, reason, statuses } from '../words';
import type { Route } from './+types/reservation';

export async function loader(asked: Route.LoaderArgs) {
  const { cache, who } = await signedIn(asked);
  const minVersion = Number(new URL(asked.request.url).searchParams.get('version')) || 0;
  const found = await cache.read('reservation', asked.params.id, { as: who, minVersion });
  if (!found) throw data(null, { status: 404 });
  const room = await cache.read('room', found.row.roomId, { as: who });
  return { row: found.row, cursor: found.cursor, room: room?.row, commandId: newId() };
}

export async function action(asked: Route.ActionArgs) {
  const { core } = await signedIn(asked);
  const { id } = asked.params;
  const commandId = String((await asked.request.formData()).get('commandId'));
  try {
    const { version } = await core.send(CancelReservation, { id, commandId });
    return redirect(`/reservations/${id}?version=${version}`);
  } catch (error) {
    if (error instanceof Refused) return data({ problem: reason(error.code) }, { status: 422 });
    throw error;
  }
}

export default function Reservation({ loaderData, actionData }: Route.ComponentProps) {
  return <Shown key={loaderData.row.id} {...loaderData} problem={actionData?.problem} />;
}

type ShownProps = Route.ComponentProps['loaderData'] & { problem: string | undefined };

function Shown({ row: initial, cursor, room, commandId, problem }: ShownProps) {
  const { row, late, state } = useAggregate(LiveReservation, { id: initial.id }, { initial, ...(cursor && { after: cursor }) });
  const { status, dateStart, dateEnd, roomId } = row;
  const stay = nights(dateStart, dateEnd);
  const dates = { from: dateStart, until: dateEnd };
  return (
    <>
      <div className="row">
        <h1>Room {room?.number ?? roomId}</h1>
        <Live state={state} />
      </div>
      <div className="status" role="status" data-status={status}>
        <strong>{statuses[status]}</strong>
        <p>
          {status === 'PENDING' && (late ? 'The hotel takes longer than usual to answer …' : 'Waiting for the hotel to confirm …')}
          {status === 'CONFIRMED' && 'The room is yours. We look forward to your stay.'}
          {status === 'DECLINED' && reason(row.refusal)}
          {status === 'EXPIRED' && 'The hotel did not answer in time. Nothing was booked.'}
          {status === 'CANCELLED' && 'You have cancelled this reservation.'}
        </p>
      </div>
      {problem && <p className="problem" role="alert">{problem}</p>}
      <dl className="facts">
        <div><dt>First night</dt><dd>{day(dateStart)}</dd></div>
        <div><dt>Departure</dt><dd>{day(dateEnd)}</dd></div>
        {room && <div><dt>{counted(stay, 'night')} at {euros(room.nightlyRate)}</dt><dd className="price">{euros(room.nightlyRate * stay)}</dd></div>}
      </dl>
      <div className="actions">
        {(status === 'PENDING' || status === 'CONFIRMED') && (
          <Form method="post"><input type="hidden" name="commandId" value={commandId} /><button className="second">Cancel the reservation</button></Form>
        )}
        {status === 'EXPIRED' && <Link className="button" to={`/book?${new URLSearchParams({ room: roomId, ...dates })}`}>Try again</Link>}
        {['DECLINED', 'EXPIRED', 'CANCELLED'].includes(status) && <Link to={`/?${new URLSearchParams(dates)}`}>Other rooms for these nights</Link>}
        {status === 'PENDING' && <noscript><meta httpEquiv="refresh" content="3" /><a href={`/reservations/${row.id}`}>Look again</a></noscript>}
      </div>
    </>
  );
}
