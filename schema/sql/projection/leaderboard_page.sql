-- ?1: the game. ?2, ?3: points and player after whom the page begins. ?4: rows.
SELECT player_id, points, moves FROM leaderboard
WHERE game = ?1 AND (points, player_id) < (?2, ?3)
ORDER BY points DESC, player_id DESC LIMIT ?4
