import { useList } from '@edgefold/client/react';
import { Link } from 'react-router';
import { Free, Mine, MineLive } from '../documents';
import { Live } from '../live';
import { signedIn } from '../session';
import { counted, day, nights, statuses } from '../words';
import type { Route } from './+types/reservations';

export async function loader(asked: Route.LoaderArgs) {
  const { core, env: { HOTEL: hotelId } } = await signedIn(asked);
  const [page, { rooms }] = await Promise.all([core.list(Mine, {}).page(), core.query(Free, { filter: { hotelId } })]);
  return { page, numbers: Object.fromEntries(rooms.nodes.map(({ id, number }) => [id, number])) };
}

export default function Reservations({ loaderData: { page, numbers } }: Route.ComponentProps) {
  const { rows, state } = useList(Mine, MineLive, {}, { initial: page });
  return (
    <>
      <div className="row"><h1>My reservations</h1><Live state={state} /></div>
      {!rows.length && <section className="notice"><p>You have not booked anything yet.</p><Link className="button" to="/">Find a room</Link></section>}
      <ul className="stays">
        {rows.map(({ id, roomId, status, dateStart, dateEnd }) => (
          <li key={id}>
            <Link to={`/reservations/${id}`}>
              <span><strong>Room {numbers[roomId] ?? roomId}</strong><br /><span className="quiet">{day(dateStart)}, {counted(nights(dateStart, dateEnd), 'night')}</span></span>
              <span className="badge" data-status={status}>{statuses[status]}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
