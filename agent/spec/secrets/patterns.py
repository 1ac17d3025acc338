"""What a secret looks like: the names that carry one and the shapes that are one, as data.

To add a vendor, add a row to `PATTERNS` and its example to the test. Ids are no secrets: no row may match a UUID,
a ULID, a number or a bare hash, and a row that needs its surroundings says so by a group named `secret`.
"""

import re
from typing import NamedTuple


class Pattern(NamedTuple):
    """`hint` is a lower-case text that every match contains, or several of which each contains one: most texts never meet the expression, which costs more to compile
    than a thousand texts to look through."""

    kind: str
    hint: str
    expression: str


PATTERNS: tuple[Pattern, ...] = (
    Pattern(
        "private-key",
        "private key",
        r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?:[^•]{0,20000}?-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----|[^•]{1,20000})",
    ),
    Pattern("url-password", "@", r"(?<=://)[^\s/@:\"'<>•]{0,200}:(?P<secret>[^\s/@\"'<>•]{1,200})(?=@)"),
    Pattern("jwt", "eyj", r"\beyJ[\w-]{6,}\.eyJ[\w-]{4,}(?:\.[\w-]*)?"),
    Pattern("jwe", "eyj", r"\beyJ[\w-]{6,}(?:\.[\w-]*){4}(?![\w.-])"),
    Pattern("basic-auth", "basic ", r"\b[Bb]asic (?P<secret>(?=[A-Za-z0-9+/]*(?:\d|=|[a-z][A-Z]))[A-Za-z0-9+/]{8,}={0,2})(?![\w•])"),
    Pattern("bearer-token", "bearer ", r"\b[Bb]earer (?P<secret>(?=[\w.~+/=-]*\d)[\w.~+/=-]{8,})"),
    Pattern("aws-access-key", "akia|asia|abia|acca", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    Pattern("github-token", "ghp_|gho_|ghu_|ghs_|ghr_", r"\bgh[pousr]_[A-Za-z0-9]{30,255}\b"),
    Pattern("github-token", "github_pat_", r"\bgithub_pat_\w{22,255}\b"),
    Pattern("gitlab-token", "glpat-|glptt-|glrt-|gldt-|glcbt-|glsoat-|glft-|glimt-", r"\bgl(?:pat|ptt|rt|dt|cbt|soat|ft|imt)-[\w-]{20,64}"),
    Pattern("stripe-key", "k_live_|k_test_", r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,250}\b"),
    Pattern("stripe-webhook-secret", "whsec_", r"\bwhsec_[A-Za-z0-9+/=]{16,}"),
    Pattern("slack-token", "xox|xapp-", r"\bxox[abceoprs]-(?:\d+-)?[A-Za-z0-9-]{8,}|\bxapp-\d-[A-Za-z0-9-]{10,}"),
    Pattern("slack-webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[\w/-]{16,})"),
    Pattern("discord-webhook", "/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d+/(?P<secret>[\w-]{30,})"),
    Pattern("google-api-key", "aiza", r"\bAIza[\w-]{35}"),
    Pattern("google-oauth", "ya29.", r"\bya29\.[\w.-]{10,}"),
    Pattern("google-oauth", "gocspx-", r"\bGOCSPX-[\w-]{20,}"),
    Pattern("google-oauth", "1//0", r"(?<![\w/])1//0[\w-]{20,}"),
    Pattern("openai-key", "sk-", r"\bsk-(?:proj-|svcacct-|admin-|ant-\w+-|or-v1-)?[A-Za-z0-9_-]{20,}"),
    Pattern("sendgrid-key", "sg.", r"\bSG\.[\w-]{16,}\.[\w-]{16,}"),
    Pattern("twilio-key", "sk", r"\bSK[0-9a-f]{32}\b"),
    Pattern("mailgun-key", "key-", r"\bkey-[0-9a-f]{32}\b"),
    Pattern("mailchimp-key", "-us", r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    Pattern("npm-token", "npm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    Pattern("pypi-token", "pypi-", r"\bpypi-[\w-]{40,}"),
    Pattern("shopify-token", "shp", r"\bshp(?:at|ca|pa|ss|ua)_[0-9a-fA-F]{32}\b"),
    Pattern("digitalocean-token", "_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    Pattern("huggingface-token", "hf_", r"\bhf_[A-Za-z0-9]{30,}\b"),
    Pattern("telegram-token", ":aa", r"(?<!\d)\d{8,10}:AA[\w-]{33}"),
    Pattern("square-token", "sq0", r"\bsq0[a-z]{3}-[\w-]{22,}"),
    Pattern("facebook-token", "eaa", r"\bEAA[A-Za-z0-9]{40,}\b"),
    Pattern("azure-key", "accountkey=", r"(?i:AccountKey)=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})"),
    Pattern("databricks-token", "dapi", r"\bdapi[0-9a-f]{32}(?:-\d)?\b"),
    Pattern("linear-key", "lin_", r"\blin_(?:api|oauth)_[A-Za-z0-9]{30,}\b"),
    Pattern("notion-token", "ntn_", r"\bntn_[A-Za-z0-9]{30,}\b"),
    Pattern("atlassian-token", "atatt|atctt|atbb", r"\bAT(?:ATT|CTT|BB)3?[A-Za-z0-9_=-]{24,}"),
    Pattern("vault-token", "hvs.|hvb.|hvr.", r"\bhv[sbr]\.[\w-]{20,}"),
    Pattern("dropbox-token", "sl.", r"\bsl\.[\w-]{40,}"),
    Pattern("grafana-token", "glsa_|glc_", r"\bgl(?:sa|c)_[A-Za-z0-9_+/=]{32,}"),
    Pattern("postman-key", "pmak-", r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b"),
    Pattern("new-relic-key", "nrak-|nrjs-|nrii-|nriq-", r"\bNR(?:AK|JS|II|IQ)-[A-Za-z0-9]{20,}\b"),
    Pattern("groq-key", "gsk_", r"\bgsk_[A-Za-z0-9]{40,}\b"),
    Pattern("doppler-token", "dp.", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[\w-]{30,}"),
    Pattern("terraform-token", ".atlasv1.", r"\b\w{14}\.atlasv1\.[\w-]{50,}"),
    Pattern("pulumi-token", "pul-", r"\bpul-[0-9a-f]{40}\b"),
    Pattern("planetscale-token", "pscale_", r"\bpscale_(?:tkn|pw|oauth)_[\w.-]{32,}"),
    Pattern("figma-token", "figd_", r"\bfigd_[\w-]{36,}"),
    Pattern("airtable-token", "pat", r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}\b"),
    Pattern("supabase-key", "sbp_|sb_secret_", r"\b(?:sbp_[0-9a-f]{40}\b|sb_secret_[\w-]{20,})"),
    Pattern("vercel-token", "vercel_blob_rw_|vcp_", r"\b(?:vercel_blob_rw_\w{20,}|vcp_[A-Za-z0-9]{24,})"),
    Pattern("mapbox-token", "sk.eyj", r"\bsk\.eyJ[\w-]{20,}\.[\w-]{20,}"),
    Pattern("replicate-token", "r8_", r"\br8_[A-Za-z0-9]{36,}\b"),
    Pattern("fly-token", "fo1_|fm2_", r"\b(?:fo1_[\w-]{40,}|fm2_[A-Za-z0-9+/=]{60,})"),
    Pattern("sentry-token", "sntrys_|sntryu_", r"\bsntry[su]_[A-Za-z0-9+/=_]{40,}"),
    Pattern("asana-token", ":", r"(?<![\w/])[012]/\d{12,}(?:/\d{12,})?:[0-9a-f]{32}\b"),
    Pattern("hubspot-token", "pat-", r"\bpat-(?:na|eu|ap)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    Pattern("discord-token", ".", r"\b[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,}"),
    Pattern("brevo-key", "xkeysib-|xsmtpsib-", r"\bx(?:key|smtp)sib-[0-9a-f]{64}-\w{16}"),
    Pattern("perplexity-key", "pplx-", r"\bpplx-[A-Za-z0-9]{40,}\b"),
    Pattern("xai-key", "xai-", r"\bxai-[A-Za-z0-9]{60,}\b"),
    Pattern("typeform-token", "tfp_", r"\btfp_[\w-]{40,}"),
    Pattern("docker-token", "dckr_pat_", r"\bdckr_pat_[\w-]{24,}"),
    Pattern("cloudflare-key", "v1.0-", r"\bv1\.0-[0-9a-f]{24}-[0-9a-f]{146}\b"),
    Pattern("aws-session", "fwogzxivyxdz|iqojb3jpz2lu", r"\b(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[A-Za-z0-9+/=]{60,}"),
    Pattern("curl-user", "curl ", r"\bcurl\b[^\n]{0,500}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"'•]{1,100}:(?P<secret>[^\s\"'•]+)"),
    Pattern("zapier-webhook", "hooks.zapier.com", r"hooks\.zapier\.com/hooks/catch/\d+/(?P<secret>\w{5,})"),
    Pattern("teams-webhook", "webhook.office.com", r"webhook\.office\.com/webhookb2/(?P<secret>[\w@/-]{40,})"),
    Pattern("fireworks-key", "fw_", r"\bfw_[A-Za-z0-9]{22,}\b"),
    Pattern("netlify-token", "nfp_", r"\bnfp_[A-Za-z0-9]{30,}\b"),
    Pattern("resend-key", "re_", r"\bre_[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20,}\b"),
    Pattern("heroku-token", "hrku-", r"\bHRKU-[\w-]{36,}"),
    Pattern("contentful-token", "cfpat-", r"\bCFPAT-[\w-]{40,}"),
    Pattern("sourcegraph-token", "sgp_", r"\bsgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}\b"),
    Pattern("elevenlabs-key", "sk_", r"\bsk_[0-9a-f]{48}\b"),
    Pattern("posthog-key", "phx_", r"\bphx_[A-Za-z0-9]{40,}\b"),
    Pattern("render-key", "rnd_", r"\brnd_[A-Za-z0-9]{24,}\b"),
    Pattern("flutterwave-key", "flwseck", r"\bFLWSECK(?:_TEST)?-[0-9a-f]{32}-X\b"),
    Pattern("plaid-token", "access-", r"\baccess-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    Pattern("lob-key", "live_|test_", r"\b(?:live|test)_[0-9a-f]{35}\b"),
    Pattern("duffel-token", "duffel_", r"\bduffel_(?:live|test)_[\w-]{40,}"),
    Pattern("easypost-key", "ezak|eztk", r"\bEZ[AT]K[A-Za-z0-9]{54}\b"),
    Pattern("shippo-token", "shippo_", r"\bshippo_(?:live|test)_[0-9a-f]{40}\b"),
    Pattern("rubygems-key", "rubygems_", r"\brubygems_[0-9a-f]{48}\b"),
    Pattern("cargo-token", "cio", r"\bcio[A-Za-z0-9]{32}\b"),
    Pattern("dynatrace-token", "dt0", r"\bdt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}\b"),
    Pattern("prefect-key", "pnu_", r"\bpnu_[a-z0-9]{36}\b"),
    Pattern("readme-key", "rdme_", r"\brdme_[a-z0-9]{70}\b"),
    Pattern("alibaba-key", "ltai", r"\bLTAI[A-Za-z0-9]{12,24}\b"),
    Pattern("tencent-key", "akid", r"\bAKID[A-Za-z0-9]{32}\b"),
    Pattern("nvidia-key", "nvapi-", r"\bnvapi-[\w-]{60,}"),
    Pattern("tavily-key", "tvly-", r"\btvly-(?:dev-|prod-)?[A-Za-z0-9]{24,}\b"),
    Pattern("langsmith-key", "lsv2_", r"\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b"),
    Pattern("pinecone-key", "pcsk_", r"\bpcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{40,}\b"),
    Pattern("razorpay-key", "rzp_", r"\brzp_(?:live|test)_[A-Za-z0-9]{14}\b"),
    Pattern("firebase-token", ":apa91b", r"\b[\w-]{11,30}:APA91b[\w-]{100,}"),
    Pattern("1password-token", "ops_eyj", r"\bops_eyJ[\w-]{60,}"),
    Pattern("age-key", "age-secret-key-1", r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,}"),
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CARD_NUMBER = (
    r"(?<![\w.•-])(?:4\d{3}|5[1-5]\d\d|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)|6011|65\d\d|64[4-9]\d|35[2-8]\d)([ -]?)\d{4}\1\d{4}\1\d{4}(?![\w-])(?!\.\d)"
    r"|(?<![\w.•-])3[47]\d\d([ -]?)\d{6}\2\d{5}(?![\w-])(?!\.\d)"
)
"""Visa, Mastercard, Discover, JCB and American Express; only counted where the Luhn sum holds."""
CARD_HINT = re.compile(r"\d[\d -]{13}\d")
"""What every card number contains, and most texts are seen at once not to."""

SECRET_WORDS = _words("""
    password passwd pwd passphrase passcode secret token apikey authorization credential credentials cvv cvc csc otp totp mfa jwt bearer ssn
    privatekey secretkey accesskey signingkey encryptionkey sharedkey masterkey clientsecret subscriptionkey servicekey adminkey authkey
    appkey sessionkey licensekey csrf xsrf csrftoken xsrftoken authtoken accesstoken refreshtoken idtoken sessiontoken bearertoken
    securitytoken recoverycode backupcode pan cardnumber sessionid phpsessid jsessionid sessid aspsessionid connectsid pincode codeverifier
    clientassertion verificationcode mfacode otpcode smscode logincode authcode accesscode securitycode onetimecode twofactorcode activationcode
    securityanswer secretanswer dbpass smtppass userpass mailpass ftppass adminpass rootpass hapikey
""")
"""A name is secret where its last one or two words, joined, are here (`user_password`, `x-api-key`, `accessToken`)."""

HARMLESS_BEFORE = _words("""
    page next prev previous continuation continue cursor sync max min total num count input output prompt completion cached reset has is
    last first no requires require
""")
"""`next_page_token` and `max_tokens` are no credentials."""

HARMLESS_AFTER = _words("""
    type count id name hint policy length expiry expires expiration at in url uri endpoint limit usage strength status method required
    enabled updated changed created label prefix
""")

REPEATED = _words("confirmation confirm confirmed again repeat repeated verify value new old plain raw v")
"""`password_confirmation` and `token_value` are named by the word before."""

ANNOUNCING = _words("password token tokens secret verify verification confirm confirmation activate activation invite invites invitation magic unsubscribe")
"""Segments of a path after which a key may stand that lets its holder in."""

NUMBERED = {"pin": range(4, 9), "otp": range(4, 9), "passcode": range(4, 9), "password": range(4, 9), "code": (6,)}
"""How many digits a number has that a sentence gives to its reader alone."""

DOUBTFUL_WORDS = _words("""
    key keys auth session sig signature hmac digest code state nonce ticket assertion pass pin access salt cookie cookies login oauth
    sso invite otc hash verifier challenge appid
""")
"""Under these a value is hidden only where it looks drawn at random."""

ORDINARY_WORDS = _words("""
    id ids uid uuid guid cid cursor cursors after before next prev previous page continuation sync etag slug path url uri href link links name file filename image
    thumbnail avatar picture photo icon src sha md5 checksum integrity commit ref version revision address account owner mint pubkey tx transaction points
    polyline geometry
""")
"""What a text under such a name is long and mixed for is known: it is the name of something, or a place."""

PUBLIC_HEADERS = _words("""
    accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-credentials access-control-allow-headers
    access-control-allow-methods access-control-allow-origin access-control-expose-headers access-control-max-age
    access-control-request-headers access-control-request-method age allow alt-svc cache-control connection content-disposition
    content-encoding content-language content-length content-range content-type date dnt etag expect expires host if-match if-modified-since
    if-none-match if-range if-unmodified-since keep-alive last-modified pragma range retry-after sec-websocket-accept
    sec-websocket-extensions sec-websocket-key sec-websocket-protocol sec-websocket-version server strict-transport-security te trailer
    transfer-encoding upgrade user-agent vary via x-request-id x-correlation-id idempotency-key www-authenticate
""")
"""Headers whose values stay as they are, save for what `PATTERNS` finds."""
