import { redirect } from 'react-router';
import { cookie } from '../session';
import type { Route } from './+types/sign_out';

export const action = ({ request }: Route.ActionArgs) => redirect('/sign-in', { headers: { 'set-cookie': cookie(request, 'session') } });
export const loader = () => redirect('/');
