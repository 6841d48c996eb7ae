-- about: sessions, their messages and the settings of users
-- conversations
SELECT c.session_id AS id, NULLIF(c.title, '新对话') AS title, NULL AS user,
       ROUND((julianday(c.created_at) - 2440587.5) * 86400.0, 3) AS created,
       ROUND((julianday(COALESCE(MAX(MAX(m.created_at), c.updated_at), c.updated_at, c.created_at)) - 2440587.5) * 86400.0, 3) AS updated
  FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id
 GROUP BY c.id ORDER BY updated, c.id;
-- messages
SELECT c.session_id AS conversation, m.role AS role, m.content AS content, NULL AS model, NULL AS tokens,
       ROUND((julianday(m.created_at) - 2440587.5) * 86400.0, 3) AS at
  FROM messages m JOIN conversations c ON c.id = m.conversation_id
 ORDER BY c.id, m.created_at, m.id;
-- profiles
SELECT user_identifier AS owner, NULLIF(current_model_type, 'custom') AS preset, custom_api_url AS url,
       custom_model AS model, custom_api_key AS key, json_object('max_tokens', COALESCE(max_tokens, 2000)) AS params
  FROM user_configs ORDER BY id;
