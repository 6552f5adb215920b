SELECT content_genres.content_id, genres.id, genres.name 
FROM content_genres JOIN genres ON genres.id = content_genres.genre_id 
WHERE content_genres.content_id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) ORDER BY genres.name;

SELECT contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at 
FROM contents 
WHERE contents.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

SELECT watch_progress.id, watch_progress.user_id, watch_progress.content_id, watch_progress.position_seconds, watch_progress.duration_seconds, watch_progress.completed, watch_progress.observed_at, watch_progress.sequence 
FROM watch_progress JOIN contents ON contents.id = watch_progress.content_id 
WHERE watch_progress.user_id = $1::BIGINT AND contents.deleted_at IS NULL AND watch_progress.completed IS false AND watch_progress.position_seconds > $2::INTEGER ORDER BY watch_progress.observed_at DESC, watch_progress.id DESC 
 LIMIT $3::BIGINT;
