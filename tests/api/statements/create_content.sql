DELETE FROM content_genres WHERE content_genres.content_id = $1::BIGINT;

INSERT INTO content_genres (content_id, genre_id) SELECT $1::BIGINT AS anon_1, genres.id 
FROM genres 
WHERE lower(genres.name) IN (SELECT lower(name) AS lower_1 
FROM unnest($2::TEXT[]) AS name);

INSERT INTO content_titles (content_id, folded, grams) VALUES ($1::BIGINT, $2::VARCHAR, $3::TEXT[]) ON CONFLICT (content_id) DO UPDATE SET folded = excluded.folded, grams = excluded.grams;

INSERT INTO contents (corporation_id, title, description, age_rating, release_date, runtime_minutes, poster_key, tmdb_id) VALUES ($1::BIGINT, $2::VARCHAR, $3::VARCHAR, $4::age_rating, $5::DATE, $6::INTEGER, $7::VARCHAR, $8::INTEGER) RETURNING contents.id, contents.corporation_id, contents.title, contents.description, contents.age_rating, contents.release_date, contents.runtime_minutes, contents.poster_key, contents.tmdb_id, contents.like_count, contents.review_count, contents.rating, contents.view_count, contents.created_at, contents.updated_at, contents.deleted_at;

INSERT INTO fan_outs (content_id, but_user_id) VALUES ($1::BIGINT, $2::BIGINT);

INSERT INTO genres (name) SELECT name 
FROM unnest($1::TEXT[]) AS name ORDER BY lower(name) ON CONFLICT DO NOTHING;

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

WITH learned AS 
(INSERT INTO title_words (word, leavings) SELECT anon_1.word AS word, array_agg(anon_1.leaving) AS array_agg_1 
FROM unnest($3::TEXT[], $4::TEXT[]) AS anon_1(word, leaving) GROUP BY anon_1.word ORDER BY anon_1.word ON CONFLICT DO NOTHING), 
titled AS 
(INSERT INTO title_terms (content_id, phrase, terms, seal) VALUES ($1::BIGINT, $5::VARCHAR, array_to_tsvector($6::TEXT[]), $7::VARCHAR) ON CONFLICT (content_id) DO UPDATE SET phrase = excluded.phrase, terms = excluded.terms, seal = excluded.seal)
 INSERT INTO content_terms (content_id, terms) VALUES ($1::BIGINT, array_to_tsvector($2::TEXT[])) ON CONFLICT (content_id) DO UPDATE SET terms = excluded.terms;
