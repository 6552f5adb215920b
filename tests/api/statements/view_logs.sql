SELECT contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at 
FROM contents 
WHERE contents.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT count(*) AS count_1 
FROM (SELECT view_logs.id AS id, view_logs.user_id AS user_id, view_logs.content_id AS content_id, view_logs.corporation_id AS corporation_id, view_logs.created_at AS created_at 
FROM view_logs JOIN contents ON contents.id = view_logs.content_id 
WHERE contents.deleted_at IS NULL) AS anon_1;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

SELECT users.id, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM users 
WHERE users.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT view_logs.id, view_logs.user_id, view_logs.content_id, view_logs.corporation_id, view_logs.created_at 
FROM view_logs JOIN contents ON contents.id = view_logs.content_id 
WHERE contents.deleted_at IS NULL ORDER BY view_logs.created_at DESC, view_logs.id DESC 
 LIMIT $1::BIGINT;
