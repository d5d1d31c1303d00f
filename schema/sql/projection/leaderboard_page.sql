-- ?1: the game. ?2, ?3: points and player after whom the page begins; null for the first page. ?4: rows.
SELECT player_id, points, moves FROM leaderboard
WHERE game = ?1 AND (?2 IS NULL OR (points, player_id) < (?2, ?3))
ORDER BY points DESC, player_id DESC LIMIT ?4
