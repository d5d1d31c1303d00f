-- ?1: the game. ?2: rows, 20 when null.
SELECT player_id AS "playerId", points, moves FROM leaderboard WHERE game = ?1 ORDER BY points DESC, player_id DESC
LIMIT COALESCE(?2, 20)
