"""More invented APIs, unlike those in `styles`: options on the first line, then templates (the form is told in `imitation`)."""

MORE_STYLES: dict[str, str] = {
    "buckets": """
        id=name list=items auth=header:X-Store-Key paging=cursor echo=0.4
        GET,POST /b | GET,PATCH,DELETE /b/{bucket:bucket} | GET,POST /b/{bucket:bucket}/o | GET,PUT,DELETE /b/{bucket:bucket}/o/{object:file}
        GET /b/{bucket:bucket}/o/{object:file}/acl | PUT,DELETE /b/{bucket:bucket}/o/{object:file}/acl/{entity:user} | GET,PUT /b/{bucket:bucket}/iam
        POST /b/{bucket:bucket}/o/{object:file}/compose | GET /b/{bucket:bucket}/notificationConfigs | GET /projects/{project:slug}/serviceAccount
        GET,POST /projects/{project:slug}/hmacKeys | GET,DELETE /projects/{project:slug}/hmacKeys/{access:ulid}
    """,
    "s3": """
        id=Key list=Contents auth=query:X-Amz-Credential has_id=0.4 echo=0.2
        GET / > [Bucket] | GET,PUT,DELETE /{bucket:bucket} > Listing | GET,PUT,DELETE /{bucket:bucket}/{key:file} > -
        POST /{bucket:bucket}/{key:file} > Upload
    """,
    "forge": """
        id=id list=bare auth=bearer paging=page echo=0.5
        GET /api/v1/user | GET /api/v1/user/repos > [repo] | GET,PUT,DELETE /api/v1/user/starred/{owner:user}/{repo:slug} > -
        GET /api/v1/repos/search > [repo] | GET,PATCH,DELETE /api/v1/repos/{owner:user}/{repo:slug} > repo
        GET /api/v1/repos/{owner:user}/{repo:slug}/branches | GET,DELETE /api/v1/repos/{owner:user}/{repo:slug}/branches/{branch:branch}
        GET /api/v1/repos/{owner:user}/{repo:slug}/contents/{path:file} | GET,POST /api/v1/repos/{owner:user}/{repo:slug}/hooks
        GET,PATCH,DELETE /api/v1/repos/{owner:user}/{repo:slug}/hooks/{id:int} | GET,POST /api/v1/repos/{owner:user}/{repo:slug}/issues
        GET /api/v1/repos/{owner:user}/{repo:slug}/issues/{index:small} | GET /api/v1/repos/{owner:user}/{repo:slug}/issues/comments > [comment]
        PATCH,DELETE /api/v1/repos/{owner:user}/{repo:slug}/issues/comments/{id:int} > comment
        GET,PUT /api/v1/repos/{owner:user}/{repo:slug}/topics | PUT,DELETE /api/v1/repos/{owner:user}/{repo:slug}/topics/{topic:word} > -
        GET /api/v1/users/search > [User] | GET /api/v1/users/{username:user} > User | GET /api/v1/users/{username:user}/followers > [User]
        GET /api/v1/version | GET /api/v1/teams/{id:small}/members > [User] | PUT,DELETE /api/v1/teams/{id:small}/members/{username:user} > -
    """,
    "colons": """
        id=name list=named auth=bearer paging=cursor echo=0.3
        GET,POST /v1/projects/{project:slug}/topics | GET,PUT,DELETE /v1/projects/{project:slug}/topics/{topic:camel}
        POST /v1/projects/{project:slug}/topics/{topic:camel}:publish | GET /v1/projects/{project:slug}/topics/{topic:camel}/subscriptions
        GET,PUT,DELETE /v1/projects/{project:slug}/subscriptions/{subscription:camel} > Subscription
        POST /v1/projects/{project:slug}/subscriptions/{subscription:camel}:pull | POST /v1/projects/{project:slug}/subscriptions/{subscription:camel}:acknowledge
        GET,POST /v1/projects/{project:slug}/locations/{location:zone}/clusters | GET,DELETE /v1/projects/{project:slug}/locations/{location:zone}/clusters/{cluster:slug}
        POST /v1/projects/{project:slug}/locations/{location:zone}/clusters/{cluster:slug}:setLegacyAbac > Operation
        GET /v1/projects/{project:slug}/locations/{location:zone}/operations > [Operation]
        POST /v1/projects/{project:slug}/locations/{location:zone}/operations/{operation:big}:cancel > -
        GET /v1/projects/{project:slug}/locations/{location:zone}/serverConfig
    """,
    "subscriptions": """
        id=id list=value auth=bearer echo=0.2
        GET /subscriptions | GET /subscriptions/{sub:uuid} | GET /subscriptions/{sub:uuid}/resourcegroups > [ResourceGroup] ? api-version
        GET,PUT,DELETE /subscriptions/{sub:uuid}/resourcegroups/{rg:slug} > ResourceGroup ? api-version
        GET /subscriptions/{sub:uuid}/resourceGroups/{rg:slug}/providers/Microsoft.Compute/virtualMachines > [Vm] ? api-version
        GET,PUT,DELETE /subscriptions/{sub:uuid}/resourceGroups/{rg:slug}/providers/Microsoft.Compute/virtualMachines/{vm:slug} > Vm ? api-version,$expand
        POST /subscriptions/{sub:uuid}/resourceGroups/{rg:slug}/providers/Microsoft.Compute/virtualMachines/{vm:slug}/start > - ? api-version
        POST /subscriptions/{sub:uuid}/resourceGroups/{rg:slug}/providers/Microsoft.Compute/virtualMachines/{vm:slug}/powerOff > - ? api-version
        GET,PUT /subscriptions/{sub:uuid}/resourceGroups/{rg:slug}/providers/Microsoft.Network/virtualNetworks/{net:slug} > Net ? api-version
        GET,PUT /subscriptions/{sub:uuid}/resourceGroups/{rg:slug}/providers/Microsoft.Network/virtualNetworks/{net:slug}/subnets/{subnet:slug} > Subnet ? api-version
        GET /subscriptions/{sub:uuid}/providers/Microsoft.Compute/locations/{location:zone}/vmSizes > [Size] ? api-version
    """,
    "matrix_params": """
        id=code list=rows auth=none echo=0.3
        GET /api/reports;year={year:year};region={region:country} | GET /api/reports;year={year:year};region={region:country}/lines | GET /api/reports
        GET /api/stores;near={point:latlon} | GET /api/stores/{code:cell} | GET /api/stores/{code:cell}/stock;sku={sku:order} | GET /api/regions
    """,
    "ranges": """
        id=id list=bare auth=query:access_key echo=0.3
        GET /v1/latest | GET /v1/currencies | GET /v1/{day:date} > Rates | GET /v1/{from:date}..{to:date} > Series ? from,to
        GET /v1/convert/{pair:pair}/{day:date} | GET /v1/convert/{pair:pair} | GET /v1/metals/latest > Rates | GET /v1/metals/{day:date} > Rates
    """,
    "keys": """
        id=Id list=value auth=basic paging=offset echo=0.3 put=empty
        GET,POST /odata/Users > [User] | GET,PATCH,DELETE /odata/Users('{name:user}') > User | GET /odata/Users('{name:user}')/Orders > [Order]
        GET,POST /odata/Orders > [Order] | GET,PUT,DELETE /odata/Orders({id:int}) > Order | GET /odata/Orders({id:int})/Lines > [Line]
        POST /odata/Orders({id:int})/Default.Cancel | GET /odata/Airports('{code:iata}') > Airport | GET /odata/Me > User | GET /odata/$metadata
        GET /odata/Airlines > [Airline] | GET /odata/Airlines('{code:iata}') > Airline
    """,
    "composite": """
        id=id list=data auth=header:X-Api-Key paging=page echo=0.4
        GET /devices/{ids:csv} > [Device] | GET /devices/{ids:csv}/readings > [Reading] | GET /devices > [Device] | GET /cells/{row:tiny}:{col:tiny} > Cell
        GET /quotes/{symbols:codes} > [Quote] | GET /quotes/{symbols:codes}/history > [Quote] | GET /tiles/{z:tiny}/{x:small}/{y:small}.json > Tile
        GET /places/{lat:degree},{lng:degree} | GET /places/{lat:degree},{lng:degree}/forecast | GET /sheets/{sheet:nano}/values/{cell:cell} | GET /status
        GET /archives/{repo:snake}-issues-{number:small}.zip > Archive | GET /archives
    """,
    "relay": """
        id=node_id list=nodes auth=bearer paging=cursor echo=0.6
        GET,POST /nodes | GET,PATCH,DELETE /nodes/{id:base64} | GET /nodes/{id:base64}/edges | POST /nodes/{id:base64}/archive
        GET /nodes/{id:base64}/edges/{edge:base64} | GET /viewers/me | GET /viewers/{id:base64} | GET /types | GET /types/{type:pascal}
    """,
    "social": """
        id=username list=data auth=cookie:session_id paging=cursor echo=0.5 noise=yes
        GET /users/me | PATCH /users/me | GET /users/search > [User] | GET /users/{username:user} > User | GET /users/{username:user}/followers > [User]
        GET /users/{username:user}/posts > [Post] | PUT,DELETE /users/{username:user}/follow > - | GET /posts/latest > [Post] | GET /posts/trending > [Post]
        GET,PATCH,DELETE /posts/{slug:slug} > Post | POST /posts > Post | GET,POST /posts/{slug:slug}/comments > [Comment] | GET /tags
        GET /tags/{tag:word}/posts > [Post] | GET /@{username:user} > Profile | GET /@{username:user}/{slug:slug} > Post | GET /notifications
        POST /notifications/read > - | GET /notifications/unread_count
    """,
    "localised": """
        id=sku list=items auth=none paging=page echo=0.3 noise=yes
        GET /{locale:locale}/{currency:currency}/products > [Product] | GET /{locale:locale}/{currency:currency}/products/{sku:order} > Product
        GET /{locale:locale}/{currency:currency}/products/{sku:order}/reviews | GET /{locale:locale}/pages/{page:slug} | GET /{locale:locale}/menu
        GET,POST /{locale:locale}/{currency:currency}/cart | DELETE /{locale:locale}/{currency:currency}/cart/lines/{line:short}
        GET /{locale:locale}/store-finder/{postcode:postcode} | GET /{locale:locale}/search > [Product]
    """,
    "posts_only": """
        id=id auth=bearer detail=result has_id=0.6 echo=0
        POST /rpc/inventory/adjust | POST /rpc/inventory/list | POST /rpc/inventory/reserve > Ack | POST /rpc/orders/create | POST /rpc/orders/cancel > Ack
        POST /rpc/orders/ship > Ack | POST /rpc/orders/get | POST /rpc/users/invite > Ack | POST /rpc/users/disable > Ack | POST /rpc/users/get
        POST /rpc/billing/charge > Ack | POST /rpc/billing/refund > Ack | POST /rpc/search/query
    """,
    "twirp": """
        id=id auth=bearer has_id=0.5 echo=0
        POST /twirp/acme.haberdasher.v1.Haberdasher/MakeHat | POST /twirp/acme.haberdasher.v1.Haberdasher/ListHats
        POST /twirp/acme.haberdasher.v1.Haberdasher/DeleteHat > Empty | POST /twirp/acme.users.v1.UserService/GetUser > User
        POST /twirp/acme.users.v1.UserService/UpdateUser > User | POST /twirp/acme.users.v1.UserService/DisableUser > Empty
        POST /twirp/acme.billing.v2.Billing/CreateInvoice > Invoice | POST /twirp/acme.billing.v2.Billing/VoidInvoice > Invoice
    """,
    "deep": """
        id=id list=data detail=data auth=bearer echo=0.4 paging=cursor
        GET /orgs | GET /orgs/{org:slug} | GET /orgs/{org:slug}/teams | GET /orgs/{org:slug}/teams/{team:slug}
        GET,POST /orgs/{org:slug}/teams/{team:slug}/boards | GET,PUT,DELETE /orgs/{org:slug}/teams/{team:slug}/boards/{board:hex24}
        GET,POST /orgs/{org:slug}/teams/{team:slug}/boards/{board:hex24}/columns/{column:slug}/cards
        GET,PATCH /orgs/{org:slug}/teams/{team:slug}/boards/{board:hex24}/columns/{column:slug}/cards/{card:small}
        GET,POST /orgs/{org:slug}/teams/{team:slug}/boards/{board:hex24}/columns/{column:slug}/cards/{card:small}/comments
        PUT,DELETE /orgs/{org:slug}/teams/{team:slug}/boards/{board:hex24}/columns/{column:slug}/cards/{card:small}/comments/{comment:uuid}/reactions/{emoji:emoji} > -
        POST /orgs/{org:slug}/teams/{team:slug}/boards/{board:hex24}/columns/{column:slug}/cards/{card:small}/move
    """,
    "hypervisor": """
        id=id list=data detail=data auth=cookie:PVEAuthCookie echo=0.3
        GET /api2/json/nodes | GET /api2/json/nodes/{node:word}/status | GET,POST /api2/json/nodes/{node:word}/qemu
        GET /api2/json/nodes/{node:word}/qemu/{vmid:small}/status/current | POST /api2/json/nodes/{node:word}/qemu/{vmid:small}/status/start > Task
        POST /api2/json/nodes/{node:word}/qemu/{vmid:small}/status/stop > Task | POST /api2/json/nodes/{node:word}/qemu/{vmid:small}/status/reboot > Task
        GET,PUT /api2/json/nodes/{node:word}/qemu/{vmid:small}/config | GET,POST /api2/json/nodes/{node:word}/qemu/{vmid:small}/snapshot
        DELETE /api2/json/nodes/{node:word}/qemu/{vmid:small}/snapshot/{snap:snake} > Task | GET /api2/json/nodes/{node:word}/storage
        GET /api2/json/nodes/{node:word}/storage/{storage:word}/content | GET,DELETE /api2/json/nodes/{node:word}/storage/{storage:word}/content/{volume:volume}
        GET /api2/json/cluster/resources | GET /api2/json/cluster/ha/groups | GET,PUT /api2/json/cluster/ha/groups/{group:slug} | GET /api2/json/version
        GET /api2/json/access/users | GET /api2/json/access/users/{userid:email}
    """,
    "dashboards": """
        id=uid list=bare auth=bearer echo=0.4 paging=page
        GET /api/search | GET /api/dashboards/home | GET /api/dashboards/tags | POST /api/dashboards/db | GET,DELETE /api/dashboards/uid/{uid:nano}
        GET /api/dashboards/uid/{uid:nano}/versions | GET /api/datasources | GET,PUT,DELETE /api/datasources/uid/{uid:nano} > Datasource
        GET /api/datasources/name/{name:slug} > Datasource | GET /api/datasources/id/{name:slug} | GET /api/org | GET /api/org/users | PATCH /api/org/users/{id:tiny}
        GET /api/orgs/{id:tiny} | GET /api/orgs/name/{name:slug} | GET /api/users/lookup | GET /api/users/{id:small} | GET /api/users/{id:small}/orgs
        GET /api/user/preferences | GET /api/org/preferences | GET,POST /api/folders | GET,PUT,DELETE /api/folders/{uid:nano} | GET /api/health
        GET /api/teams/search | GET /api/teams/{id:tiny} | GET,POST /api/teams/{id:tiny}/members | DELETE /api/teams/{id:tiny}/members/{user:small}
    """,
    "jobs": """
        id=displayName list=jobs auth=basic echo=0.3 has_id=0.6
        GET /api/json | GET /job/{job:slug}/api/json > Job | GET /job/{job:slug}/{number:small}/api/json > Build | POST /job/{job:slug}/build > -
        POST /job/{job:slug}/buildWithParameters > - | GET /job/{job:slug}/lastBuild/api/json > Build | GET /job/{job:slug}/lastSuccessfulBuild/api/json > Build
        GET /job/{job:slug}/{number:small}/testReport/api/json | POST /job/{job:slug}/{number:small}/stop > - | GET /queue/api/json | GET /queue/item/{id:small}/api/json
        GET /computer/api/json | GET /computer/{node:slug}/api/json | GET /view/{view:title}/api/json | GET /user/{user:user}/api/json
    """,
    "statistics": """
        id=id list=series auth=none echo=0.5
        GET /api/countries | GET /api/countries/{country:country3} | GET /api/indicators | GET /api/statistics/{country:country3}/{indicator:indicator}/{year:year}
        GET /api/statistics/{country:country3}/{indicator:indicator} | GET /api/statistics/{country:country3}/summary | GET /api/sources
        GET /api/export/{country:country3}.json | GET /api/sports/{sport:sport}/leagues | GET /api/sports/{sport:sport}/leagues/{league:slug}/{season:year}/standings
        GET /api/sports/{sport:sport}/leagues/{league:slug}/{season:year}/fixtures | GET /api/sports
    """,
    "checkout": """
        id=id list=items auth=bearer paging=page echo=0.5
        POST /v2/checkout/orders | GET,PATCH /v2/checkout/orders/{id:ulid} > Order | POST /v2/checkout/orders/{id:ulid}/capture > Order
        POST /v2/checkout/orders/{id:ulid}/authorize > Order | GET,POST /v2/invoicing/invoices | GET,PUT,DELETE /v2/invoicing/invoices/{id:ulid}
        POST /v2/invoicing/invoices/{id:ulid}/send > Link | POST /v2/invoicing/invoices/{id:ulid}/remind > - | POST /v2/invoicing/generate-next-invoice-number
        POST /v2/invoicing/search-invoices | GET,POST /v2/invoicing/templates | GET,PUT,DELETE /v2/invoicing/templates/{id:prefixed}
        GET /v2/payments/captures/{id:ulid} > Capture | POST /v2/payments/captures/{id:ulid}/refund | GET /v2/payments/refunds/{id:ulid}
        POST /v1/oauth2/token | GET /v1/identity/oauth2/userinfo | GET,POST /v1/notifications/webhooks | DELETE /v1/notifications/webhooks/{id:ulid}
    """,
    "phones": """
        id=number list=named auth=basic paging=page echo=0.6
        GET,POST /v1/accounts/{account:token}/numbers | GET,DELETE /v1/accounts/{account:token}/numbers/{number:phone}
        PUT /v1/accounts/{account:token}/numbers/{number:phone}/forwarding | GET /v1/lookups/{number:phone} | GET /v1/lookups/{number:phone}/carrier
        GET,POST /v1/accounts/{account:token}/calls | GET /v1/accounts/{account:token}/calls/{call:uuid} | POST /v1/accounts/{account:token}/calls/{call:uuid}/hangup
        GET /v1/prices/{country:country} | GET /v1/prices/{country:country}/sms | GET /v1/available/{country:country}/local
    """,
    "builds": """
        id=number list=bare auth=bearer paging=page echo=0.4
        GET /repos | GET /repos/{repo:repo} | GET,POST /repos/{repo:repo}/builds | GET /repos/{repo:repo}/builds/{number:small}
        POST /repos/{repo:repo}/builds/{number:small}/cancel | GET /repos/{repo:repo}/builds/latest > build | GET /repos/{repo:repo}/secrets
        PUT,DELETE /repos/{repo:repo}/secrets/{name:constant} > - | GET /repos/{repo:repo}/branches/{branch:branch} | GET /agents
        GET,DELETE /agents/{agent:pod} | GET /queue/info | GET /jobs/{job:uuid}.json > Job
    """,
    "finder": """
        id=uid list=results auth=bearer paging=offset echo=0.5
        GET,POST /indexes | GET,PATCH,DELETE /indexes/{uid:slug} | GET,POST,PUT /indexes/{uid:slug}/documents > [Document] | GET,DELETE /indexes/{uid:slug}/documents/{id:slug} > Document
        POST /indexes/{uid:slug}/search | GET /indexes/{uid:slug}/settings/ranking-rules | PUT,DELETE /indexes/{uid:slug}/settings/ranking-rules > Task
        GET /indexes/{uid:slug}/settings/stop-words | PUT,DELETE /indexes/{uid:slug}/settings/stop-words > Task
        GET /indexes/{uid:slug}/settings/synonyms | PUT /indexes/{uid:slug}/settings/synonyms > Task | GET /indexes/{uid:slug}/stats | GET,POST /keys | GET,PATCH,DELETE /keys/{key:uuid} | GET /tasks | GET /tasks/{task:small}
        GET /stats | GET /version | GET /health | POST /dumps
    """,
    "things": """
        id=id list=members auth=header:X-Device-Token echo=0.4 calls=12
        GET /things | GET,PUT,DELETE /things/{thing:slug} | GET /things/{thing:slug}/properties | GET,PUT /things/{thing:slug}/properties/{property:camel}
        GET /things/{thing:slug}/actions | POST /things/{thing:slug}/actions/{action:camel} > Invocation | GET /things/{thing:slug}/actions/{action:camel}/{id:uuid} > Invocation
        GET /things/{thing:slug}/events | GET /gateways/{mac:mac} | POST /gateways/{mac:mac}/pair | GET /gateways/{mac:mac}/neighbours
    """,
    "flights": """
        id=id list=data detail=data auth=header:apikey echo=0.6 paging=offset
        GET /v1/airports | GET /v1/airports/{iata:iata} | GET /v1/airports/{iata:iata}/departures/{day:date} | GET /v1/airports/{iata:iata}/arrivals/{day:date}
        GET /v1/flights/{flight:flight}/{day:date} | GET /v1/flights/{flight:flight}/history | GET /v1/airlines | GET /v1/airlines/{code:ticker}
        GET /v1/airlines/{code:ticker}/fleet | GET /v1/aircraft/{reg:plate} | GET /v1/aircraft/{reg:plate}/positions | GET /v1/routes/{pair:pair}
    """,
    "library": """
        id=key list=docs auth=none echo=0.4 has_id=0.9 noise=yes
        GET /search.json | GET /works/{work:work}.json > Work | GET /works/{work:work}/editions.json | GET /works/{work:work}/ratings.json
        GET /isbn/{isbn:isbn}.json > Edition | GET /subjects/{subject:snake}.json | GET /authors/{author:work}.json | GET /authors/{author:work}/works.json
        GET /doi/{doi:doi} | GET /people/{user:user}/books/want-to-read.json > Shelf | GET /people/{user:user}/books/already-read.json > Shelf
        GET /recentchanges/{day:date}.json | GET /languages.json
    """,
    "once": """
        id=id list=items auth=bearer echo=0.6 calls=once
        GET,POST /v3/employees | GET,PATCH,DELETE /v3/employees/{id:uuid} | GET /v3/employees/{id:uuid}/absences | POST /v3/employees/{id:uuid}/terminate
        GET /v3/departments | GET /v3/departments/{department:slug} | GET,POST /v3/time-entries | GET,DELETE /v3/time-entries/{entry:int} | GET /v3/company
        GET,POST /v3/candidates | GET /v3/candidates/{candidate:email} | PUT /v3/candidates/{candidate:email}/stage | GET /v3/reports/headcount
        GET /v3/reports/turnover | GET /v3/documents/{document:nano}/download | GET /v3/offices/{office:word} | GET /v3/offices
    """,
    "few": """
        id=id list=data auth=header:X-Token echo=0.6 calls=4
        GET /api/v2/farms | GET /api/v2/farms/{farm:slug} | GET /api/v2/farms/{farm:slug}/fields | GET /api/v2/farms/{farm:slug}/fields/{field:slug}
        GET,POST /api/v2/sensors | GET /api/v2/sensors/{serial:plate} | GET /api/v2/sensors/{serial:plate}/samples | GET /api/v2/alerts | PUT /api/v2/alerts/{alert:int}/ack
        GET /api/v2/me
    """,
    "arena": """
        id=id list=bare auth=header:X-Riot-Token echo=0.5
        GET /lol/summoner/v4/summoners/by-name/{name:user} > Summoner | GET /lol/summoner/v4/summoners/by-puuid/{puuid:token} > Summoner
        GET /lol/summoner/v4/summoners/{id:token} > Summoner | GET /lol/match/v5/matches/by-puuid/{puuid:token}/ids | GET /lol/match/v5/matches/{match:constant}
        GET /lol/match/v5/matches/{match:constant}/timeline | GET /lol/league/v4/entries/{queue:constant}/{tier:ticker}/{division:ticker} | GET /lol/status/v4/platform-data
        GET /lol/champion-mastery/v4/champion-masteries/by-summoner/{id:token} | GET /lol/champion-mastery/v4/champion-masteries/by-summoner/{id:token}/by-champion/{champion:small}
        GET /riot/account/v1/accounts/by-riot-id/{name:user}/{tag:ticker} > Account | GET /riot/account/v1/accounts/by-puuid/{puuid:token} > Account
    """,
    "blog": """
        id=id list=bare auth=basic paging=page echo=0.4 noise=yes
        GET /wp-json | GET,POST /wp-json/wp/v2/posts | GET,POST,DELETE /wp-json/wp/v2/posts/{id:small} | GET /wp-json/wp/v2/posts/{id:small}/revisions
        GET /wp-json/wp/v2/taxonomies | GET /wp-json/wp/v2/taxonomies/{taxonomy:snake} | GET,POST /wp-json/wp/v2/tags | GET,DELETE /wp-json/wp/v2/tags/{id:small}
        GET /wp-json/wp/v2/users/me | GET /wp-json/wp/v2/users/{id:tiny} | GET,POST /wp-json/wc/v3/products | GET,PUT,DELETE /wp-json/wc/v3/products/{id:small}
        GET /wp-json/wc/v3/products/{id:small}/variations | GET /wp-json/wc/v3/reports/sales | GET /wp-json/wc/v3/reports/top_sellers | GET /wp-json/wc/v3/settings
        GET /wp-json/wc/v3/settings/{group:snake} | GET,PUT /wp-json/wc/v3/settings/{group:snake}/{id:snake} | POST /wp-json/wc/v3/products/batch
    """,
    "metrics": """
        id=id list=data detail=data auth=none echo=0.3
        GET /api/v1/query | GET /api/v1/query_range | GET /api/v1/series | GET /api/v1/labels | GET /api/v1/label/{label:snake}/values | GET /api/v1/targets
        GET /api/v1/status/config | GET /api/v1/status/flags | GET /api/v1/status/runtimeinfo | GET /api/v1/rules | GET /api/v1/alerts | GET,POST /api/v2/silences
        GET,DELETE /api/v2/silence/{id:uuid} | POST /api/v1/admin/tsdb/snapshot | GET /api/v1/metadata
    """,
    "secrets": """
        id=name list=keys detail=data auth=header:X-Vault-Token echo=0.2 has_id=0.5 put=empty
        GET /v1/sys/mounts | GET,POST,DELETE /v1/sys/mounts/{path:slug} | GET,PUT,DELETE /v1/sys/policies/acl/{name:slug} | GET /v1/sys/health | GET /v1/sys/leader
        POST /v1/auth/userpass/login/{user:user} > Login | POST /v1/auth/ldap/login/{user:user} > Login | GET,POST,DELETE /v1/secret/data/{path:file}
        GET,DELETE /v1/secret/metadata/{path:file} | GET,POST /v1/transit/keys/{name:slug} | POST /v1/transit/keys/{name:slug}/rotate > -
        POST /v1/transit/encrypt/{name:slug} | POST /v1/transit/decrypt/{name:slug} | POST /v1/auth/token/lookup-self | POST /v1/auth/token/renew-self
        GET /v1/identity/entity/id/{id:uuid} > Entity | GET /v1/identity/entity/name/{name:slug} > Entity
    """,
    "rooms": """
        id=event_id list=chunk auth=bearer paging=cursor echo=0.3 has_id=0.5
        GET /_matrix/client/versions | POST /_matrix/client/v3/login | GET /_matrix/client/v3/sync | POST /_matrix/client/v3/createRoom
        GET /_matrix/client/v3/rooms/{room:room}/messages | GET /_matrix/client/v3/rooms/{room:room}/members | POST /_matrix/client/v3/rooms/{room:room}/join
        POST /_matrix/client/v3/rooms/{room:room}/leave > Empty | POST /_matrix/client/v3/rooms/{room:room}/invite > Empty
        PUT /_matrix/client/v3/rooms/{room:room}/send/{type:event}/{txn:int} > Sent | GET,PUT /_matrix/client/v3/rooms/{room:room}/state/{type:event} > Sent
        GET /_matrix/client/v3/profile/{user:atuser} | GET,PUT /_matrix/client/v3/profile/{user:atuser}/displayname
        GET,PUT /_matrix/client/v3/directory/room/{alias:alias} | GET,DELETE /_matrix/client/v3/devices/{device:constant} | GET /_matrix/client/v3/devices
        PUT /_matrix/client/v3/user/{user:atuser}/account_data/{type:event} > Empty
    """,
    "zones": """
        id=name list=named auth=header:X-DNS-Key echo=0.5 paging=page
        GET,POST /api/v1/servers/localhost/zones | GET,PATCH,DELETE /api/v1/servers/localhost/zones/{zone:zonedot} | PUT /api/v1/servers/localhost/zones/{zone:zonedot}/notify > Result
        GET /api/v1/servers/localhost/zones/{zone:zonedot}/metadata | GET,PUT,DELETE /api/v1/servers/localhost/zones/{zone:zonedot}/metadata/{kind:constant}
        GET /api/v1/servers/localhost/config | GET /api/v1/servers/localhost/statistics | GET /domains | GET,PUT,DELETE /domains/{domain:fqdn}
        GET /domains/{domain:fqdn}/records/{type:record} > [Record] | GET,PUT,DELETE /domains/{domain:fqdn}/records/{type:record}/{name:word} > Record
    """,
    "modules": """
        id=name list=modules auth=none echo=0.6 has_id=0.9
        GET /v1/modules | GET /v1/modules/{ns:user} > [Module] | GET /v1/modules/{ns:user}/{name:slug} > [Module] | GET /v1/modules/{ns:user}/{name:slug}/{provider:word} > Module
        GET /v1/modules/{ns:user}/{name:slug}/{provider:word}/versions | GET /v1/modules/{ns:user}/{name:slug}/{provider:word}/{version:semver}/download > -
        GET /v1/modules/search > [Module] | GET /v1/providers/{ns:user}/{type:word}/versions | GET /v1/providers/{ns:user}/{type:word}/{version:semver}/download/{os:word}/{arch:word} > Package
    """,
    "fleet": """
        id=name list=items auth=bearer echo=0.3
        GET /apis | GET /apis/{group:fqdn}/v1/namespaces/{ns:slug}/{plural:word} > [Custom] | GET,PUT,PATCH,DELETE /apis/{group:fqdn}/v1/namespaces/{ns:slug}/{plural:word}/{name:slug} > Custom
        GET /api/v1/namespaces/{ns:slug}/pods > [Pod] | GET,DELETE /api/v1/namespaces/{ns:slug}/pods/{pod:pod} > Pod | GET /api/v1/namespaces/{ns:slug}/pods/{pod:pod}/log
        POST /api/v1/namespaces/{ns:slug}/pods/{pod:pod}/eviction | GET /api/v1/namespaces/{ns:slug}/services > [Service] | GET,PUT,DELETE /api/v1/namespaces/{ns:slug}/services/{name:slug} > Service
        GET /api/v1/namespaces/{ns:slug}/secrets > [Secret] | GET,PUT,DELETE /api/v1/namespaces/{ns:slug}/secrets/{name:slug} > Secret | GET /api/v1/namespaces > [Namespace]
        GET,PUT,DELETE /api/v1/namespaces/{ns:slug} > Namespace | GET /api/v1/nodes > [Node] | GET /api/v1/nodes/{node:slug} > Node | GET /livez | GET /version
    """,
    "airtable": """
        id=id list=records auth=bearer paging=cursor echo=0.2
        GET /v0/meta/bases | GET /v0/meta/bases/{base:prefixed}/tables | POST /v0/meta/bases/{base:prefixed}/tables | GET,POST /v0/{base:prefixed}/{table:title} > [Record]
        GET,PATCH,DELETE /v0/{base:prefixed}/{table:title}/{record:prefixed} > Record | GET /v0/{base:prefixed}/{table:title}/{record:prefixed}/comments > [Comment]
        GET /v0/meta/whoami | GET,POST /v0/bases/{base:prefixed}/webhooks > [Hook] | POST /v0/bases/{base:prefixed}/webhooks/{hook:prefixed}/refresh
    """,
}
