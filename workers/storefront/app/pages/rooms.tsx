import { useList } from '@edgefold/client/react';
import { Form, Link } from 'react-router';
import { Free, RoomsLive } from '../documents';
import { Live } from '../live';
import { signedIn } from '../session';
import { counted, day, euros, inDays, nights, reason } from '../words';
import type { Route } from './+types/rooms';

export async function loader(asked: Route.LoaderArgs) {
  const { core, env: { HOTEL: hotelId } } = await signedIn(asked);
  const wanted = new URL(asked.request.url).searchParams;
  const [from, until] = [wanted.get('from') || inDays(14), wanted.get('until') || inDays(16)];
  const guests = Number(wanted.get('guests')) || 1;
  if (!(from < until)) return { from, until, guests };
  const filter = { hotelId, freeFrom: from, freeUntil: until, guests };
  return { from, until, guests, filter, page: await core.list(Free, { filter }).page() };
}

export default function Rooms({ loaderData }: Route.ComponentProps) {
  const { from, until, guests, filter, page } = loaderData;
  return (
    <>
      <h1>Find a room</h1>
      <Form className="search" key={`${from} ${until}`}>
        <label>First night <input type="date" name="from" defaultValue={from} required aria-describedby={filter ? undefined : 'problem'} aria-invalid={!filter} /></label>
        <label>Departure <input type="date" name="until" defaultValue={until} required aria-describedby={filter ? undefined : 'problem'} aria-invalid={!filter} /></label>
        <label>Guests <input type="number" name="guests" defaultValue={guests} min="1" max="9" required /></label>
        <button>Show rooms</button>
      </Form>
      {filter ? <Results key={JSON.stringify(filter)} filter={filter} page={page} /> : <p id="problem" className="problem" role="alert">{reason('DATES_REVERSED')}</p>}
    </>
  );
}

type Found = Required<Pick<Route.ComponentProps['loaderData'], 'filter' | 'page'>>;

function Results({ filter, page }: { filter: NonNullable<Found['filter']>; page: Found['page'] }) {
  const { rows, state } = useList(Free, RoomsLive, { filter }, { initial: page!, again: { filter: { hotelId: filter.hotelId } } });
  const stay = nights(filter.freeFrom, filter.freeUntil);
  return (
    <section aria-labelledby="found">
      <div className="row">
        <h2 id="found" aria-live="polite">{rows.length ? `${counted(rows.length, 'room')} free` : 'No room is free'}</h2>
        <Live state={state} />
      </div>
      <p className="quiet">{day(filter.freeFrom)} to {day(filter.freeUntil)}, {counted(stay, 'night')}</p>
      {!rows.length && <p className="notice">Every room is taken for these nights. Choose others, or wait: a room that becomes free appears here.</p>}
      <ul className="rooms">
        {rows.map(({ id, number, capacity, nightlyRate }) => (
          <li key={id}>
            <span className="door" aria-hidden="true"><span>{number}</span></span>
            <div>
              <h3>Room {number}</h3>
              <p className="quiet">For {counted(capacity, 'guest')}</p>
              <p><strong>{euros(nightlyRate)}</strong> a night <span className="quiet">· {euros(nightlyRate * stay)} in all</span></p>
            </div>
            <Link className="button" to={`/book?${new URLSearchParams({ room: id, from: filter.freeFrom, until: filter.freeUntil })}`} aria-label={`Choose room ${number}`}>Choose</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
