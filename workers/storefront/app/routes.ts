import { index, route, type RouteConfig } from '@react-router/dev/routes';

export default [
  index('pages/rooms.tsx'),
  route('book', 'pages/book.tsx'),
  route('reservations', 'pages/reservations.tsx'),
  route('reservations/:id', 'pages/reservation.tsx'),
  route('stats', 'pages/stats.tsx'),
  route('sign-in', 'pages/sign_in.tsx'),
  route('signed-in', 'pages/signed_in.ts'),
  route('sign-out', 'pages/sign_out.ts'),
  route('ticket', 'pages/ticket.ts'),
] satisfies RouteConfig;
