SELECT anon_1.id, page.id AS id_1, page.corporation_id, page.title, page.description, page.age_rating, page.release_date, page.runtime_minutes, page.poster_key, page.tmdb_id, page.like_count, page.review_count, page.rating, page.view_count, page.created_at, page.updated_at, page.deleted_at 
FROM unnest($1::BIGINT[]) AS anon_1(id) JOIN LATERAL (SELECT contents.id AS id, contents.corporation_id AS corporation_id, contents.title AS title, contents.description AS description, contents.age_rating AS age_rating, contents.release_date AS release_date, contents.runtime_minutes AS runtime_minutes, contents.poster_key AS poster_key, contents.tmdb_id AS tmdb_id, contents.like_count AS like_count, contents.review_count AS review_count, contents.rating AS rating, contents.view_count AS view_count, contents.created_at AS created_at, contents.updated_at AS updated_at, contents.deleted_at AS deleted_at 
FROM contents 
WHERE contents.deleted_at IS NULL AND contents.corporation_id = anon_1.id ORDER BY contents.created_at DESC, contents.id DESC 
 LIMIT $2::BIGINT) AS page ON true ORDER BY page.created_at DESC, page.id DESC;

SELECT anon_1.id, page.id AS id_1, page.email, page.display_name, page.first_name, page.last_name, page.role, page.corporation_id, page.region_code, page.subscription_status, page.points, page.created_at, page.birthday, page.gender, page.picture_url, page.consented_at 
FROM unnest($1::BIGINT[]) AS anon_1(id) JOIN LATERAL (SELECT users.id AS id, users.email AS email, users.display_name AS display_name, users.first_name AS first_name, users.last_name AS last_name, users.role AS role, users.corporation_id AS corporation_id, users.region_code AS region_code, users.subscription_status AS subscription_status, users.points AS points, users.created_at AS created_at, users.birthday AS birthday, users.gender AS gender, users.picture_url AS picture_url, users.consented_at AS consented_at 
FROM users 
WHERE users.corporation_id = anon_1.id ORDER BY users.created_at ASC, users.id ASC 
 LIMIT $2::BIGINT) AS page ON true ORDER BY page.created_at ASC, page.id ASC;

SELECT contents.corporation_id, count(*) AS count_1 
FROM contents 
WHERE contents.corporation_id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND contents.deleted_at IS NULL GROUP BY contents.corporation_id;

SELECT corporations.id, corporations.name, CASE WHEN (corporations.plan_expires_at <= now()) THEN CAST($1::VARCHAR AS plan) ELSE corporations.plan END AS plan, corporations.plan_expires_at, corporations.created_at, corporations.updated_at 
FROM corporations ORDER BY corporations.created_at ASC, corporations.id ASC 
 LIMIT $2::BIGINT;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

SELECT users.corporation_id, count(*) AS count_1 
FROM users 
WHERE users.corporation_id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) GROUP BY users.corporation_id;
