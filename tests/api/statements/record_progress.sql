INSERT INTO watch_events (user_id, event_id) SELECT $1::BIGINT AS anon_1, unnest($2::UUID[]) AS unnest_1 ON CONFLICT DO NOTHING;

SELECT contents.id 
FROM contents 
WHERE contents.id = ANY ($1::BIGINT[]) AND contents.deleted_at IS NULL;

SELECT pg_notify($1::VARCHAR, $2::VARCHAR) AS pg_notify_1;

SELECT users.id, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM users JOIN sessions ON sessions.user_id = users.id 
WHERE sessions.id = $1::BIGINT AND users.id = $2::BIGINT AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

SELECT watch_events.event_id 
FROM watch_events 
WHERE watch_events.user_id = $1::BIGINT AND watch_events.event_id = ANY ($2::UUID[]);

SELECT watch_progress.id, watch_progress.user_id, watch_progress.content_id, watch_progress.position_seconds, watch_progress.duration_seconds, watch_progress.completed, watch_progress.observed_at, watch_progress.sequence 
FROM watch_progress 
WHERE watch_progress.user_id = $1::BIGINT AND watch_progress.content_id = ANY ($2::BIGINT[]);

UPDATE progress_counters SET sequence=$1::BIGINT WHERE progress_counters.user_id = $2::BIGINT;

WITH person AS 
(SELECT users.id AS id 
FROM users 
WHERE users.id = $2::BIGINT FOR KEY SHARE)
 INSERT INTO progress_counters (user_id, sequence) SELECT person.id, $1::BIGINT AS anon_1 
FROM person ON CONFLICT (user_id) DO UPDATE SET sequence = progress_counters.sequence RETURNING progress_counters.sequence, clock_timestamp() AS clock_timestamp_1;

WITH written AS 
(INSERT INTO watch_progress (user_id, content_id, position_seconds, duration_seconds, completed, observed_at, sequence) SELECT $1::BIGINT AS anon_1, anon_2.content_id AS content_id, anon_2.position_seconds AS position_seconds, anon_2.duration_seconds AS duration_seconds, anon_2.completed AS completed, anon_2.observed_at AS observed_at, anon_2.sequence AS sequence 
FROM unnest($2::BIGINT[], $3::DOUBLE PRECISION[], $4::DOUBLE PRECISION[], $5::BOOLEAN[], $6::TIMESTAMP WITH TIME ZONE[], $7::BIGINT[]) AS anon_2(content_id, position_seconds, duration_seconds, completed, observed_at, sequence) ON CONFLICT (user_id, content_id) DO UPDATE SET position_seconds = excluded.position_seconds, duration_seconds = excluded.duration_seconds, completed = excluded.completed, observed_at = excluded.observed_at, sequence = excluded.sequence RETURNING watch_progress.id, watch_progress.user_id, watch_progress.content_id, watch_progress.position_seconds, watch_progress.duration_seconds, watch_progress.completed, watch_progress.observed_at, watch_progress.sequence), 
logged AS 
(INSERT INTO progress_changes (progress_id, user_id, content_id, position_seconds, duration_seconds, completed, observed_at, sequence) SELECT written.id AS id, written.user_id AS user_id, written.content_id AS content_id, written.position_seconds AS position_seconds, written.duration_seconds AS duration_seconds, written.completed AS completed, written.observed_at AS observed_at, written.sequence AS sequence 
FROM written)
 SELECT written.id, written.user_id, written.content_id, written.position_seconds, written.duration_seconds, written.completed, written.observed_at, written.sequence 
FROM written ORDER BY written.sequence;
