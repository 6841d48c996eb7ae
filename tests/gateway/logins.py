"""A platform with an OAuth device flow (RFC 8628) as configuration: any of them differs in its URLs alone."""

DEVICE_FLOW = """
version: 1
dialects:
  device:
    extends: openai
    params: {client_id: our-client, client_secret: null, scope: null}
    operations:
      models: {request: {method: GET, path: /models}, response: {models: =data.models}}
    login:
      start:
        request:
          path: https://login.test/device
          headers: {Content-Type: application/x-www-form-urlencoded}
          body: {client_id: =params.client_id, scope: =params.scope}
      link: =login.verification_uri_complete || login.verification_uri
      code: =login.user_code
      poll:
        request:
          path: https://login.test/token
          headers: {Content-Type: application/x-www-form-urlencoded}
          body:
            grant_type: urn:ietf:params:oauth:grant-type:device_code
            device_code: =login.device_code
            client_id: =params.client_id
            client_secret: =params.client_secret
        every: =login.interval
        within: =login.expires_in
        pending: =data.error == 'authorization_pending'
        slow_down: =data.error == 'slow_down'
        denied: =data.error == 'access_denied' || data.error == 'expired_token'
        until: =data.access_token
      store:
        key: =data.access_token
        refresh_token: =data.refresh_token
        expires: =add(now(), data.expires_in)
      refresh:
        before: 5m
        request:
          path: https://login.test/token
          headers: {Content-Type: application/x-www-form-urlencoded}
          body: {grant_type: refresh_token, refresh_token: =credential.refresh_token, client_id: =params.client_id}
    error: {map: {message: =data.error_description || data.error, code: =data.error}}
providers:
  p: {dialect: device, base_url: "https://api.test", pool: acquired, headers: {x-team: search}}
pools: {acquired: {credentials: []}}
models: {m: {targets: [p/x]}}
"""
