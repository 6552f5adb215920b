SELECT anon_1.id, page.id AS id_1, page.content_id, page.author_id, page.rating, page.body, page.created_at, page.updated_at 
FROM unnest($1::BIGINT[]) AS anon_1(id) JOIN LATERAL (SELECT reviews.id AS id, reviews.content_id AS content_id, reviews.author_id AS author_id, reviews.rating AS rating, reviews.body AS body, reviews.created_at AS created_at, reviews.updated_at AS updated_at 
FROM reviews 
WHERE reviews.content_id = anon_1.id ORDER BY reviews.created_at DESC, reviews.id DESC 
 LIMIT $2::BIGINT) AS page ON true ORDER BY page.created_at DESC, page.id DESC;

SELECT contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at 
FROM contents 
WHERE contents.deleted_at IS NULL ORDER BY contents.created_at DESC, contents.id DESC 
 LIMIT $1::BIGINT;

SELECT contents.id, contents.review_count 
FROM contents 
WHERE contents.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[]));

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();
