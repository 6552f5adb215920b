SELECT content_likes.created_at AS liked_at, content_likes.content_id AS liked_id, contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at 
FROM content_likes JOIN contents ON contents.id = content_likes.content_id 
WHERE content_likes.user_id = $1::BIGINT AND contents.deleted_at IS NULL ORDER BY liked_at DESC, liked_id DESC 
 LIMIT $2::BIGINT;

SELECT count(*) AS count_1 
FROM (SELECT content_likes.created_at AS liked_at, content_likes.content_id AS liked_id, contents.id AS id, contents.corporation_id AS corporation_id, contents.title AS title, contents.description AS description, contents.age_rating AS age_rating, contents.release_date AS release_date, contents.runtime_minutes AS runtime_minutes, contents.poster_key AS poster_key, contents.tmdb_id AS tmdb_id, contents.like_count AS like_count, contents.review_count AS review_count, contents.rating AS rating, contents.view_count AS view_count, contents.created_at AS created_at, contents.updated_at AS updated_at, contents.deleted_at AS deleted_at 
FROM content_likes JOIN contents ON contents.id = content_likes.content_id 
WHERE content_likes.user_id = $1::BIGINT AND contents.deleted_at IS NULL) AS anon_1;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();
