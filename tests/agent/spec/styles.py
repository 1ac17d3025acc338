"""What invented APIs of many styles look like: their templates, `{name:kind}` for a parameter of a kind of values (see `synthetic`)."""

STYLES: dict[str, str] = {
    "tenant": """
        GET,POST /{tenant:slug}/projects | GET,PATCH,DELETE /{tenant:slug}/projects/{project:slug}
        GET,POST /{tenant:slug}/projects/{project:slug}/issues | GET,PUT /{tenant:slug}/projects/{project:slug}/issues/{number:small}
        GET /{tenant:slug}/members | DELETE /{tenant:slug}/members/{user:user} | GET /{tenant:slug}/settings/billing-plan
        PUT /{tenant:slug}/settings/branding | GET /healthz | GET /{tenant:slug}/reports/weekly
    """,
    "rpc": """
        POST /api/chat.postMessage | POST /api/chat.delete | GET /api/users.list | GET /api/users.info | POST /api/conversations.create
        GET /api/conversations.history | POST /api/files.upload | GET /api/team.info | POST /api/reactions.add
    """,
    "verbs": """
        GET,POST /v1/servers | GET,DELETE /v1/servers/{id:int} | POST /v1/servers/{id:int}/actions/reboot
        POST /v1/servers/{id:int}/actions/poweron | POST /v1/servers/{id:int}/actions/attach_iso | POST /v1/servers/{id:int}/actions/rebuild
        GET /v1/servers/{id:int}/actions/{action:int} | GET /v1/images | GET /v1/images/{name:slug} | GET /v1/pricing | POST /v1/ssh_keys
        PUT,DELETE /v1/ssh_keys/{key:slug} | GET /v1/servers/{id:int}/metrics
    """,
    "cluster": """
        GET /api/v1/namespaces | GET,DELETE /api/v1/namespaces/{ns:slug} | GET,POST /api/v1/namespaces/{ns:slug}/pods
        GET,DELETE /api/v1/namespaces/{ns:slug}/pods/{pod:pod} | GET /api/v1/namespaces/{ns:slug}/pods/{pod:pod}/log
        GET,POST /api/v1/namespaces/{ns:slug}/configmaps | GET,PUT,DELETE /api/v1/namespaces/{ns:slug}/configmaps/{name:slug}
        GET /apis/apps/v1/namespaces/{ns:slug}/deployments | GET,PATCH,DELETE /apis/apps/v1/namespaces/{ns:slug}/deployments/{name:slug}
        GET,PUT /apis/apps/v1/namespaces/{ns:slug}/deployments/{name:slug}/scale | GET /api/v1/nodes | GET /api/v1/nodes/{node:slug} | GET /version
        GET /apis/batch/v1/namespaces/{ns:slug}/jobs/{name:slug}/status
    """,
    "dotjson": """
        GET /boards.json | GET /{board:word}/catalog.json | GET /{board:word}/threads.json | GET /{board:word}/thread/{no:int}.json
        GET /users/{user:user}.json | GET,POST /topics/{id:int}.json | GET /categories.json | GET /c/{category:slug}/show.json | GET /search.json
    """,
    "dated": """
        GET,POST /2010-04-01/Accounts/{sid:sid}/Messages.json | GET,DELETE /2010-04-01/Accounts/{sid:sid}/Messages/{msg:sid2}.json
        GET /2010-04-01/Accounts/{sid:sid}/Calls.json | GET,POST /2010-04-01/Accounts/{sid:sid}/Calls/{call:sid3}.json
        GET /2010-04-01/Accounts/{sid:sid}/Usage/Records/Daily.json | GET /2010-04-01/Accounts/{sid:sid}/Usage/Records/Monthly.json
        GET /2010-04-01/Accounts/{sid:sid}/AvailablePhoneNumbers/{country:country}/Local.json
        GET /2010-04-01/Accounts/{sid:sid}/AvailablePhoneNumbers/{country:country}/Mobile.json
    """,
    "enums": """
        GET /stats/{region:region}/{game:game}/{mode:mode} | GET /leaderboards/{region:region}/{season:small} | GET /stats/{region:region}/summary
        GET /rates/{base:currency} | GET /rates/{base:currency}/{quote:currency2} | GET /holidays/{country:country}/{year:year} | GET /regions
        GET /games | GET /games/{game:game} | POST /matches | GET /matches/{match:uuid}
    """,
    "registry": """
        GET /v2/repositories/{ns:user}/{repo:slug} | GET /v2/repositories/{ns:user}/{repo:slug}/tags
        GET,DELETE /v2/repositories/{ns:user}/{repo:slug}/tags/{tag:semver} | GET /v2/packages/{name:slug}
        GET /v2/packages/{name:slug}/versions/{version:semver} | GET /v2/packages/{name:slug}/downloads | GET /v2/orgs/{org:user}
        GET /v2/orgs/{org:user}/members | GET /v2/search/repositories | GET /v2/user | POST /v2/users/login | GET /v2/images/{image:image}/layers
    """,
    "dags": """
        GET /api/v1/dags | GET,PATCH,DELETE /api/v1/dags/{dag_id:snake} | GET,POST /api/v1/dags/{dag_id:snake}/dagRuns
        GET,DELETE /api/v1/dags/{dag_id:snake}/dagRuns/{run_id:run} | GET /api/v1/dags/{dag_id:snake}/dagRuns/{run_id:run}/taskInstances
        GET /api/v1/dags/{dag_id:snake}/dagRuns/{run_id:run}/taskInstances/{task_id:snake} | GET /api/v1/dags/{dag_id:snake}/tasks
        GET /api/v1/dags/{dag_id:snake}/tasks/{task_id:snake} | GET,POST /api/v1/pools | GET,PATCH,DELETE /api/v1/pools/{pool_name:snake}
        GET,POST /api/v1/variables | GET,PATCH,DELETE /api/v1/variables/{variable_key:snake} | GET /api/v1/health | GET /api/v1/version
        GET /api/v1/importErrors | GET /api/v1/connections/{connection_id:snake}
    """,
    "mail": """
        GET /mailboxes | GET,DELETE /mailboxes/{email:email} | GET,POST /mailboxes/{email:email}/messages
        GET,DELETE /mailboxes/{email:email}/messages/{id:token} | POST /mailboxes/{email:email}/messages/{id:token}/forward
        PUT /mailboxes/{email:email}/messages/{id:token}/read-state | GET /domains | GET,DELETE /domains/{domain:domain}
        POST /domains/{domain:domain}/verify | GET /domains/{domain:domain}/dns-records | GET /templates/{locale:locale}/{template:slug}
        GET /blocklists/{ip:ip}
    """,
    "pipelines": """
        GET /api/v2/me | GET /api/v2/me/collaborations | GET /api/v2/project/{vcs:vcs}/{org:user}/{repo:slug}
        GET,POST /api/v2/project/{vcs:vcs}/{org:user}/{repo:slug}/pipeline | GET /api/v2/project/{vcs:vcs}/{org:user}/{repo:slug}/envvar
        DELETE /api/v2/project/{vcs:vcs}/{org:user}/{repo:slug}/envvar/{name:upper} | GET /api/v2/pipeline/{id:uuid}
        GET /api/v2/pipeline/{id:uuid}/workflow | GET /api/v2/workflow/{id:uuid} | POST /api/v2/workflow/{id:uuid}/cancel
        POST /api/v2/workflow/{id:uuid}/rerun | GET /api/v2/insights/{vcs:vcs}/{org:user}/{repo:slug}/workflows
        GET /api/v2/insights/{vcs:vcs}/{org:user}/{repo:slug}/workflows/{flow:slug}
    """,
    "codes": """
        GET /3/movie/popular | GET /3/movie/top_rated | GET /3/movie/upcoming | GET /3/movie/{id:int} | GET /3/movie/{id:int}/credits
        GET /3/movie/{id:int}/images | GET /3/tv/{id:int}/season/{season:tiny} | GET /3/tv/{id:int}/season/{season:tiny}/episode/{episode:tiny}
        GET /3/search/movie | GET /3/search/tv | GET /3/trending/{media:media}/{window:window} | GET /3/configuration
        GET /3/configuration/languages | GET /3/genre/movie/list | GET /3/genre/tv/list | GET /3/person/{id:int}
    """,
    "shop": """
        GET,POST /store/products | GET,PUT,DELETE /store/products/{handle:slug} | GET /store/products/{handle:slug}/reviews
        POST /store/products/{handle:slug}/reviews | GET /store/collections | GET /store/collections/{handle:slug} | GET,POST /store/carts
        GET,DELETE /store/carts/{id:prefixed} | POST /store/carts/{id:prefixed}/line-items
        POST,DELETE /store/carts/{id:prefixed}/line-items/{line:prefixed2} | POST /store/carts/{id:prefixed}/complete | GET /store/customers/me
        POST /store/customers/me | GET /store/customers/me/orders | GET /store/orders/{id:prefixed3} | GET /store/gift-cards/{code:gift}
        POST /store/auth | DELETE /store/auth | GET /store/shipping-options | GET /store/shipping-options/{cart:prefixed}
    """,
    "wiki": """
        GET /w/rest/page/{title:title} | GET /w/rest/page/{title:title}/history | GET /w/rest/page/{title:title}/links/language
        GET /w/rest/revision/{id:int} | GET /w/rest/search/page | GET /w/rest/search/title
        GET /metrics/pageviews/per-article/{project:domain}/{access:access}/{agent:agent}/{article:title}/{gran:gran}
        GET /metrics/pageviews/top/{project:domain}/{access:access}/{year:year} | GET /metrics/edits/aggregate/{project:domain}
        GET /feed/featured/{date:date}
    """,
    # written after the ideas were tuned on those above, and looked at only for their figures
    "stripe": """
        GET,POST /v1/customers | GET,POST,DELETE /v1/customers/{c:prefixed} | GET /v1/customers/{c:prefixed}/sources
        GET,DELETE /v1/customers/{c:prefixed}/sources/{s:prefixed2} | GET,POST /v1/charges | GET,POST /v1/charges/{ch:prefixed3}
        POST /v1/charges/{ch:prefixed3}/capture | POST /v1/charges/{ch:prefixed3}/refund | GET /v1/balance | GET /v1/balance/history
        GET,POST /v1/plans | GET,POST,DELETE /v1/plans/{plan:slug} | GET,POST /v1/coupons | GET,DELETE /v1/coupons/{coupon:gift}
        GET /v1/country_specs/{country:country} | GET /v1/events | GET /v1/account
    """,
    "jira": """
        GET /rest/api/3/issue/{key:upper} | PUT,DELETE /rest/api/3/issue/{key:upper} | GET,POST /rest/api/3/issue/{key:upper}/comment
        GET,PUT /rest/api/3/issue/{key:upper}/comment/{id:int} | GET,POST /rest/api/3/issue/{key:upper}/transitions | GET,POST /rest/api/3/project
        GET,PUT /rest/api/3/project/{p:code3} | GET /rest/api/3/project/{p:code3}/components | GET /rest/api/3/project/{p:code3}/role/{role:int}
        GET /rest/api/3/search | GET /rest/api/3/myself | GET /rest/api/3/field | GET /rest/api/3/user/search | GET /rest/api/3/serverInfo
        GET /rest/api/3/priority | GET /rest/api/3/priority/{pid:tiny} | GET /rest/api/3/status/{status:slug}
    """,
    "gitlab": """
        GET,POST /api/v4/projects | GET,PUT,DELETE /api/v4/projects/{id:int} | GET,POST /api/v4/projects/{id:int}/issues
        GET,PUT /api/v4/projects/{id:int}/issues/{iid:small} | GET /api/v4/projects/{id:int}/repository/branches
        GET,DELETE /api/v4/projects/{id:int}/repository/branches/{branch:slug} | GET /api/v4/projects/{id:int}/repository/commits/{sha:sha}
        GET,PUT /api/v4/projects/{id:int}/repository/files/{path:image} | GET /api/v4/projects/{id:int}/pipelines/latest
        GET /api/v4/projects/{id:int}/pipelines/{pid:int} | POST /api/v4/projects/{id:int}/pipelines/{pid:int}/retry | GET /api/v4/groups
        GET /api/v4/groups/{g:slug} | GET /api/v4/user | GET /api/v4/users/{uid:small}/status | GET /api/v4/templates/licenses/{l:slug}
        GET /api/v4/templates/gitignores/{l:word}
    """,
    "elastic": """
        GET,PUT,DELETE /{index:slug} | GET,POST /{index:slug}/_search | GET,PUT /{index:slug}/_mapping | POST /{index:slug}/_doc
        GET,PUT,DELETE /{index:slug}/_doc/{id:token} | GET /_cat/indices | GET /_cluster/health | GET /_nodes/stats | POST /_bulk
        POST /{index:slug}/_refresh
    """,
    "odata": """
        GET,POST /odata/v4/Customers | GET /odata/v4/Orders | GET /odata/v4/Products | GET /odata/v4/$metadata | GET /odata/v4/Customers/{id:code5}
        GET /odata/v4/Customers/{id:code5}/Orders | GET /odata/v4/Products/{n:tiny} | GET /odata/v4/Products/{n:tiny}/Category
        GET /odata/v4/Suppliers/{s:tiny}
    """,
    "weather": """
        GET /forecast/{office:code3}/{grid:pair}/hourly | GET /forecast/{office:code3}/{grid:pair} | GET /points/{point:pair} | GET /stations
        GET /stations/{sid:code4}/observations | GET /stations/{sid:code4}/observations/latest | GET /alerts/active | GET /alerts/{aid:uuid}
        GET /alerts/active/zone/{zone:zone} | GET /zones/{type:zones}/{zone:zone} | GET /glossary | GET /products/types/{t:code3}
    """,
    "fhir": """
        GET,POST /fhir/Patient | GET,PUT /fhir/Patient/{id:slug} | GET /fhir/Patient/{id:slug}/$everything | GET,POST /fhir/Observation
        GET /fhir/Observation/{o:uuid} | GET /fhir/Observation/{o:uuid}/_history | GET /fhir/Observation/{o:uuid}/_history/{v:tiny}
        GET /fhir/metadata | GET,POST /fhir/Encounter | GET /fhir/Encounter/{e:uuid} | POST /fhir/Patient/_search
    """,
    "consul": """
        GET,PUT,DELETE /v1/kv/{key:image} | GET /v1/catalog/services | GET /v1/catalog/service/{s:slug} | GET /v1/catalog/nodes
        GET /v1/catalog/node/{n:slug} | GET /v1/health/service/{s:slug} | GET /v1/health/node/{n:slug} | GET /v1/health/state/{state:health}
        PUT /v1/agent/service/register | PUT /v1/agent/service/deregister/{s:slug} | GET /v1/agent/self | GET /v1/agent/members
        PUT /v1/session/create | PUT /v1/session/destroy/{u:uuid} | GET /v1/session/info/{u:uuid} | GET /v1/status/leader
    """,
    "discord": """
        GET /api/v10/users/@me | GET /api/v10/users/@me/guilds | GET /api/v10/users/{u:snowflake} | GET,PATCH /api/v10/channels/{c:snowflake}
        GET,POST /api/v10/channels/{c:snowflake}/messages | GET,PATCH,DELETE /api/v10/channels/{c:snowflake}/messages/{m:snowflake}
        PUT,DELETE /api/v10/channels/{c:snowflake}/messages/{m:snowflake}/reactions/{e:emoji}/@me | POST /api/v10/channels/{c:snowflake}/typing
        GET /api/v10/guilds/{g:snowflake} | GET /api/v10/guilds/{g:snowflake}/members/{u:snowflake}
        PUT,DELETE /api/v10/guilds/{g:snowflake}/members/{u:snowflake}/roles/{r:snowflake} | GET /api/v10/invites/{code:word8} | GET /api/v10/gateway/bot
    """,
    "crypto": """
        GET /api/v3/ping | GET /api/v3/coins/list | GET /api/v3/coins/markets | GET /api/v3/coins/{id:slug} | GET /api/v3/coins/{id:slug}/tickers
        GET /api/v3/coins/{id:slug}/market_chart | GET /api/v3/coins/{id:slug}/market_chart/range | GET /api/v3/coins/{id:slug}/contract/{address:address}
        GET /api/v3/exchanges | GET /api/v3/exchanges/{ex:slug} | GET /api/v3/exchanges/{ex:slug}/tickers | GET /api/v3/simple/price
        GET /api/v3/simple/token_price/{plat:slug} | GET /api/v3/global | GET /api/v3/search/trending | GET /api/v3/asset_platforms
    """,
    "sports": """
        GET /v4/competitions | GET /v4/competitions/{code:code3} | GET /v4/competitions/{code:code3}/standings
        GET /v4/competitions/{code:code3}/matches | GET /v4/competitions/{code:code3}/scorers | GET /v4/matches | GET /v4/matches/{id:int}
        GET /v4/matches/{id:int}/head2head | GET /v4/teams/{t:small} | GET /v4/teams/{t:small}/matches | GET /v4/persons/{p:int} | GET /v4/areas
        GET /v4/areas/{a:small}
    """,
    "box": """
        GET,PUT,DELETE /2.0/files/{id:int} | GET /2.0/files/{id:int}/content | POST /2.0/files/content | GET /2.0/files/{id:int}/versions
        POST /2.0/files/{id:int}/versions/current | GET /2.0/files/{id:int}/metadata/{scope:scope}/{tmpl:snake}
        POST /2.0/files/{id:int}/metadata/{scope:scope}/{tmpl:snake} | GET /2.0/folders/{f:int} | GET /2.0/folders/{f:int}/items | POST /2.0/folders
        GET /2.0/folders/trash/items | GET /2.0/users/me | GET /2.0/users/{u:int} | GET /2.0/metadata_templates/{scope:scope}/{tmpl:snake}/schema
        GET /2.0/events
    """,
    "npm": """
        GET /{pkg:slug} | GET /{pkg:slug}/{version:semver} | GET /-/v1/search | GET /-/npm/v1/user | GET /-/package/{pkg:slug}/dist-tags
        PUT,DELETE /-/package/{pkg:slug}/dist-tags/{tag:slug} | GET /downloads/point/{period:period}/{pkg:slug}
        GET /downloads/range/{period:period}/{pkg:slug}
    """,
    "feeds": """
        GET /v2/{country:country}/charts/albums | GET /v2/{country:country}/albums/{id:int} | GET /v2/{country:country}/albums/{id:int}/tracks
        GET /v2/{country:country}/artists/{a:int} | GET /v2/{country:country}/playlists/{p:uuid} | GET /v2/{country:country}/search
        GET /v2/me/library/albums | GET,POST /v2/me/library/playlists | GET /v2/storefronts | GET /v2/storefronts/{country:country}
    """,
}
