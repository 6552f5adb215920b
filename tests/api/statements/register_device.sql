DELETE FROM devices WHERE devices.id IN (SELECT devices.id 
FROM devices 
WHERE devices.user_id = $1::BIGINT ORDER BY devices.registered_at DESC, devices.id DESC
 LIMIT ALL OFFSET $2::BIGINT FOR UPDATE SKIP LOCKED);

SELECT sessions.id, users.id AS id_1, users.email, users.display_name, users.first_name, users.last_name, users.role, users.corporation_id, users.region_code, users.subscription_status, users.points, users.created_at, users.birthday, users.gender, users.picture_url, users.consented_at 
FROM sessions JOIN users ON users.id = sessions.user_id 
WHERE sessions.id = ANY (CAST((SELECT $1::BIGINT[] AS anon_1) AS BIGINT[])) AND sessions.revoked_at IS NULL AND sessions.expires_at > now();

WITH person AS 
(SELECT users.id AS id 
FROM users 
WHERE users.id = $4::BIGINT FOR KEY SHARE)
 INSERT INTO devices (user_id, session_id, platform, token) SELECT person.id, $1::BIGINT AS anon_1, $2::device_platform AS anon_2, $3::VARCHAR AS anon_3 
FROM person ON CONFLICT (md5(token)) DO UPDATE SET user_id = excluded.user_id, platform = excluded.platform, registered_at = now(), session_id = excluded.session_id RETURNING devices.id, devices.user_id, devices.platform, devices.token, devices.registered_at;
