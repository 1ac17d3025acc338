# ruff: noqa: SIM905 - tables of words read best as rows of words, and people type curly quotes
"""The guide's vocabulary, as data: which words mean which concept, what is noise, how people count, time and misspell.

No grammar here: the verbs and their patterns are in `verbs`, what is done with a match in `plan`.
"""

# A concept and the words that stand for it. A word may stand for several.
CONCEPTS: dict[str, str] = {
    "alone": "just only",
    "alert": "alert alerts warn",
    "app": "app apps application applications",
    "archive": "archive archived archiving",
    "arrive": "arrive arrives arrived came comes come received incoming happened happens",
    "auth": "auth authenticate authenticates authenticating authentication authorization authorisation authorize authorise login credentials apikey",
    "buy": "buy buying purchase recharge top-up",
    "call": "call calls request requests traffic exchange exchanges hit hits captures captured logs log",
    "capture": "capture capturing logging record recording intercept intercepting watch watching track tracking proxy tap sniff hook",
    "change": "change changes changed changing breaking differ differs diff news what's-new",
    "complete": "complete completed finished done",
    "connect": "connect attach link",
    "cost": "cost costs price prices afford pricing",
    "count": "how-many count number-of",
    "create": "create make add new set-up setup spin-up start begin build register store need want",
    "credit": "credit credits balance account",
    "delete": "delete remove erase destroy kill nuke drop trash get-rid-of",
    "demo": "demo demonstration sandbox",
    "describe": "describe description describes",
    "detail": "detail details detailed body headers header payload full",
    "diagnose": "diagnose debug investigate troubleshoot analyse analyze",
    "different": "different difference differences",
    "disconnect": "disconnect detach unlink",
    "doc": "docs doc documentation document reference manual spec specification openapi swagger typescript types markdown postman graphql collection typings",
    "document": "document documenting",
    "endpoint": "endpoint endpoints api apis proxies service proxy-url proxy-urls capture-url capture-urls",
    "environment": "environment env",
    "example": "example examples sample",
    "explain": "explain why explanation went-wrong wrong go-wrong reason cause",
    "fail": "fail fails failed failing failure failures error errors errored broken broke unsuccessful crash crashed crashes",
    "find": "find search look lookup searching filter query",
    "follow": "then and also",
    "har": "har file attachment attached",
    "import": "import upload load ingest",
    "key": "key keys",
    "limit": "limit allow cap restrict most",
    "list": "list enumerate overview",
    "monitor": "monitor monitoring watch check alert monitored",
    "name": "name named called title",
    "operation": "operation operations route routes",
    "parameter": "parameter parameters params expect expects take takes return returns accept accepts",
    "pause": "pause disable suspend halt deactivate turn-off switch-off paused stop inactive stopped",
    "private": "private hide unpublish unlisted",
    "prompt": "prompt prompts",
    "provider": "openai anthropic claude gpt openrouter groq mistral deepseek gemini google ollama xai",
    "proxy": "proxy-url proxy-urls proxy curl",
    "paging": "paginated paginate pagination paging pages page cursor",
    "public": "public publish",
    "question": "what's-new what what's who's how's which any anything is are does do how has have did was were who where when",
    "recent": "recent latest newest last",
    "refresh": "refresh regenerate update rebuild",
    "rename": "rename",
    "replay": "replay rerun re-run replaying",
    "resume": "resume reactivate enable unpause activate turn-on switch-on back-on active continue restart",
    "review": "review",
    "run": "run invoke execute send call try perform",
    "save": "save store create add new keep",
    "server": "mcp server servers",
    "share": "share sharing lend lending lent shared",
    "show": "show inspect examine list display view see print give get fetch read open tell download export have what what's which any where find search",
    "slow": "slow slowest slower longest takes-longest performance",
    "stop": "stop off disable end cancel unshare quit",
    "success": "success successful succeeded",
    "tag": "tag tags tagged label labels",
    "text": "text saying",
    "try": "try use start show open play launch capture record",
    "usage": "usage used consumption quota quotas tokens plan allowance",
    "use": "use apply run insert using",
    "wait": "wait waiting until let-me-know tell-me-when notify",
    "write": "write generate create make produce build refresh regenerate update prepare draft",
}
# What stays one word: written with a space by people, with a hyphen in CONCEPTS.
PHRASES: tuple[tuple[str, str], ...] = (
    (r"proxy (url|link|address)(es|s)?", "proxy-url"),
    (r"captures? (apis)\b", "apis"),
    (r"capture (url|link|address)(s|es)?", "capture-url"),
    (r"api keys?", "key"),
    (r"get rid of|throw away", "delete"),
    (r"top(ping)? (me |us |my \w+ )?up( with| by)?|stock up on", "buy"),
    (r"anything new|something new|any news", "what's-new"),
    (r"(stop|revoke|undo|end|quit)( the)? (sharing|lending)( of)?", "unshare"),
    (r"gimme", "give me"),
    (r"lemme", "let me"),
    (r"wanna", "want to"),
    (r"(what|how|who|where)s", r"\1's"),
    (r"im", "i'm"),
    (r"y(?= (?:did|does|do|is|are|was|were)\b)", "why"),
    (r"spy(ing)? on|listen(ing)? (in )?(to|on)|eavesdrop(ping)? on", "capture"),
    (r"keep(ing)? an eye on", "monitor"),
    (r"(work|figure|map)(ing)? out|reverse[- ]engineer", "document"),
    (r"half a second", "500 ms"),
    (r"half a minute", "30 seconds"),
    (r"half( an)? hour", "30 minutes"),
    (r"half a day", "12 hours"),
    (r"a fortnight", "14 days"),
    (r"(?:start|begin)(?:ing)? (?!⟦)((?:[\w.-]+ ){1,4})again", r"resume \1"),
    (r"(?:turn|switch)(?:ed|ing)? (?!it |this |that |them |off|on )((?:[\w.⟦⟧-]+ ){1,4}?)off", r"turn-off \1"),
    (r"(?:turn|switch)(?:ed|ing)? (?!it |this |that |them |off|on )((?:[\w.⟦⟧-]+ ){1,4}?)(?:back )?on(?= again|$)", r"turn-on \1"),
    (r"(set|setting) up", "set-up"),
    (r"(spin|spinning) up", "spin-up"),
    (r"(turn|switch)(ed|ing)? (it |this |that |them )?off", "turn-off it"),
    (r"(turn|switch)(ed|ing)? (it |this |that |them )?(back )?on", "turn-on it"),
    (r"back on", "back-on"),
    (r"how many|number of|how often", "how-many"),
    (r"went wrong|go(es)? wrong|going wrong", "went-wrong"),
    (r"let me know", "let-me-know"),
    (r"tell me when|ping me when", "tell-me-when"),
    (r"tell me about", "describe"),
    (r"what'?s new|what is new", "what's-new"),
    (r"log in|sign in", "login"),
    (r"get (me )?(?=(\S+ )?(\S+ )?more credits)", "buy "),
    (r"(takes?|took|taking) (the )?longest", "slowest"),
    (r"open ?api", "openapi"),
    (r"type ?script", "typescript"),
    (r"(is|are|was|were) called", "named"),
)
# Words without a meaning of their own here: they are never taken for somebody's name.
NOISE: frozenset[str] = frozenset(
    """a about above across actually after again all already also always am an and another any anybody anyone anything are around as at away back be because been before being below
    best between bit both but by can cannot could currently dear did do does doing done each either else ever every everybody everyone everything exactly few for from further get gets getting given
    gives go goes going good got great had has have having he hello her here hers hey hi him his how i i'd i'll i'm i've if in inside instead into is it it's its itself just kind kindly last later least left less let let's
    like little long look looks lot lots made make makes many matter may maybe me mean means might mine minus more most much must my myself near need needs next no nor not nothing now of off often ok okay on
    once one ones only onto or other others ought our ours out over own per perhaps please plus possible possibly put quick quickly quite rather re ready real really right said same say says see seem send
    sent set shall she should show since so some somebody someone something soon still such sure take takes tell than thank thanks that that's the their them then there these they thing things this those though
    through till time times to today together too toward try trying turn two under until up upon us use used uses using very via want wants was way we we'd we'll well were what what's when where which while who whole
    whom whose why will wish with within without would yet you you'd your yours yourself yes yeah yep cheers hopefully wiretalk guide once sir madam kindly present moment right-now so-far far so come coming
    details entry entries item items result results url urls link address host website site backend app's first second third fourth fifth three four five six seven eight nine ten number long longer took than
    seconds minutes hours days weeks months second minute hour day week month year new old running work works working data information info existing available separate specific status state method path version
    pointing pointed points belonging called named titled account reach sends sending returned returning returns give max maximum maximally limit order-by sorted newest recently containing contains contain
    contained including includes include matching match yesterday hourly noon midnight rate limited stored saved store enough another's slower faster successful unauthorized saying deal deals handle handles
    handling wise yaml json scheme used taking table everything versions move mark put switch fine don't doesn't didn't isn't aren't wasn't recorded sequence own tags schema token whether deleting removing erasing destroying em""".split()
)
# Spelling mistakes too short or too far for the general rule; a destructive word is only ever corrected from here.
TYPOS: dict[str, str] = {
    "lst": "list", "lsit": "list", "shw": "show", "sho": "show", "whcih": "which", "waht": "what", "wht": "what", "cals": "calls", "dcos": "docs", "apsi": "apis", "erors": "errors", "shwo": "show", "sohw": "show", "hw": "how", "plz": "please", "pls": "please", "captur": "capture", "cpature": "capture", "endpoitns": "endpoints", "enpoint": "endpoint",
    "endpint": "endpoint", "delet": "delete", "delte": "delete", "dleete": "delete", "deleet": "delete", "remvoe": "remove", "dayly": "daily", "weekley": "weekly", "wich": "which", "wat": "what",
    "teh": "the", "adn": "and", "ur": "your", "u": "you", "pasue": "pause", "reqs": "requests", "req": "request", "montior": "monitor", "cal": "call", "docu": "docs", "credtis": "credits",
}  # fmt: skip
DESTRUCTIVE: frozenset[str] = frozenset("delete remove erase destroy kill nuke drop trash disconnect detach".split())
KNOWN_SHORT: frozenset[str] = frozenset("stripe weather shop team".split())

NUMBERS: dict[str, int] = {
    word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "a": 1, "an": 1, "couple": 2, "dozen": 12}  # fmt: skip
SCALES: dict[str, int] = {"hundred": 100, "thousand": 1000, "k": 1000}
ORDINALS: dict[str, int] = {
    "first": 0,
    "second": 1,
    "third": 2,
    "fourth": 3,
    "fifth": 4,
    "1st": 0,
    "2nd": 1,
    "3rd": 2,
    "4th": 3,
    "5th": 4,
    "last": -1,
    "final": -1,
}
UNITS: dict[str, str] = {
    "second": "s",
    "sec": "s",
    "minute": "m",
    "min": "m",
    "hour": "h",
    "hr": "h",
    "day": "d",
    "week": "w",
    "month": "mo",
    "s": "s",
    "m": "m",
    "h": "h",
    "d": "d",
}
DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"

# The first that matches a call's description gives the `status` filter.
STATUSES: tuple[tuple[str, str], ...] = (
    (r"\b([1-5])xx\b", r"\1xx"),
    (r"\b([1-5]\d\d)s?\b(?! (more )?(credits?|requests?|calls?|ms|milli))", r"\1"),
    (r"\bserver(-| )?(side )?(errors?|failures?)\b", "5xx"),
    (r"\bclient(-| )?(side )?(errors?|failures?)\b", "4xx"),
    (r"\b(unauthori[sz]ed|unauthenticated)\b", "401"),
    (r"\bforbidden\b", "403"),
    (r"\bnot found\b", "404"),
    (r"\b(rate[- ]limited|throttled)\b", "429"),
    (r"\bredirect(s|ed|ions?)?\b", "3xx"),
    (r"\b(un|not )success(ful)?\b", "error"),
    (r"\b(success(es|ful|fully)?|succeed(ed|s)?)\b", "2xx"),
    (r"\b(fail(s|ed|ing|ures?)?|errors?|errored|broken?|crash(ed|es)?|went-wrong|unsuccessful)\b", "error"),
)
FORMATS: tuple[tuple[str, str], ...] = (
    (r"\b(openapi|swagger|oas|spec|specification)\b", "openapi"),
    (r"\b(typescript|typings|types|ts)\b", "typescript"),
    (r"\b(markdown|md)\b", "markdown"),
    (r"\bgraphql\b", "graphql"),
    (r"\bpostman\b", "postman"),
)
FREQUENCIES: tuple[tuple[str, str], ...] = (
    (r"\b(stop|off|turn-off|disable|end|no longer|unmonitor)\b", "off"),
    (r"\b(daily|every (single )?day|each day|once a day|nightly|per day|every 24 hours)\b", "daily"),
    (r"\b(weekly|every week|each week|once a week|per week)\b", "weekly"),
    (r"\b(monthly|every month|each month|once a month|per month)\b", "monthly"),
)
PERIODS: tuple[tuple[str, str], ...] = ((r"\b(today|daily|this day|per day)\b", "day"), (r"\b(this month|monthly|month)\b", "month"))
PROVIDERS: tuple[tuple[str, str], ...] = (
    (r"\b(openai|gpt|chatgpt)\b", "openai"),
    (r"\b(anthropic|claude)\b", "anthropic"),
    (r"\b(gemini|google)\b", "google"),
    (r"\b(openrouter|groq|mistral|deepseek|ollama|xai|vllm)\b", r"\1"),
)
PAYERS: tuple[tuple[str, str], ...] = ((r"\bpaypal\b", "paypal"), (r"\b(stripe|card)\b", "stripe"), (r"\bsandbox\b", "sandbox"))
ENDPOINT_STATUSES: tuple[tuple[str, str], ...] = (
    (r"\b(pause|paused|suspend|suspended)\b", "REVIEW"),
    (r"\b(disabled?|halt|inactive|stop|stopped|turn-off|deactivated?)\b", "INACTIVE"),
    (r"\b(resume|reactivate|enabled?|unpause|activate|turn-on|back-on|active|restart|continue)\b", "ACTIVE"),
    (r"\barchived?\b", "ARCHIVED"),
    (r"\b(completed?|finished|done)\b", "COMPLETE"),
    (r"\breview\b", "REVIEW"),
)
PUBLIC: tuple[tuple[str, bool], ...] = ((r"\b(private|hide|hidden|unpublish|unlisted|not public)\b", False), (r"\b(public|publish)\b", True))
SHARED: tuple[tuple[str, bool], ...] = ((r"\b(unshare|stop|private)\b", False), (r"\b(share|shared|lend)\b", True))
ENVIRONMENTS = "production|prod|staging|stage|development|dev|testing|test|local|sandbox|qa"

# What comes before the request itself and says nothing about it.
PREAMBLE = (
    r"^(?:please|kindly|pls|hi there|hi|hello|hey|ok(?:ay)?|thanks?(?: you)?|great|good|cool|yes|yeah|well|so|now|then|and|also|but|just|first|next|finally|too|"
    r"(?:can|could|would|will) you(?: kindly| possibly| just| also| maybe)?|would you mind|"
    r"i(?:'d| would) (?:like|love|want)(?: you)? to|i(?:'d| would) (?:like|love)(?= (?:an?|the|some)\b)|i(?: really)? (?:want|need)(?: you)? to|i wanna|let's|let us|lets|go ahead(?: and)?|if possible|maybe|instead|"
    r"be so kind(?: and| as to)?|do me a favou?r(?: and)?|help me(?: to)?|try to|i'm trying to|feel free to|wiretalk|guide|kind sir|dear guide)\b[\s,.!:]*"
)
# A mood is how the clause is meant; only a plain request may change anything. The first that matches wins.
MOODS: tuple[tuple[str, str], ...] = (
    ("definition", r"^what(?:'s| is| are| does| do)? (?:an?\b(?! (?:good )?example)|\w+ (?:mean|do\b(?! (?:i|we|you)\b))|.+\bmean\b|(?<=does )\w+ing\b)|^what (?:is|are) \w+\?*$"),
    ("definition", r"^how (?:does|do) (?:the )?(?:\w+ )?(?:monitoring|capturing|wiretalk|replay|redaction|approvals?)\b.*work"),
    ("definition", r"^(?:(?:explain|describe|tell me) )?how (?:\w+ing|it|this|that) works?\b"),
    ("how", r"^(?:how (?:do|can|could|should|would|might|to)\b(?: (?:i|we|you|one|someone))?|what(?:'s| is) the (?:best )?way to)"),
    ("wondering", r"^(?:what (?:happens|would happen|if)|(?:should|shall|may|must) i\b|can (?:i|we|others|anyone|someone|they)\b(?! (?:have|see|get|try|look|view|use|please|afford))|(?:is|are) (?:it|this|that|my [\w-]+|the [\w-]+) (?:safe|secure|ok|okay|possible)\b|why (?:can't|should)|do i (?:have to|need to))"),
    ("wondering", r"^(?:who|did (?:i|we|you|he|she|they)|have (?:i|we|you)|has (?:he|she|someone)|was (?:it|he|she)|were they|if )\b(?! already afforded)"),
    ("telling", r"^(?:do|follow|obey|execute|carry out) (?:what|as|whatever|exactly|the (?:instructions?|orders?|commands?))\b"),
    ("telling", r"^(?:i|we|he|she|they|you|my \w+|someone) (?:\w+ )?(?:deleted|removed|said|told|says|love|hate|think|thought|would|had|was|were|asked|wrote)\b|\b(?:was|were|been|got) (?:\w+ )?(?:deleted|removed|erased)\b"),
)  # fmt: skip
NEGATION = r"\b(?:do(?:n't|nt| not|n’t)|never ?mind|never|without|rather than|instead of|no need to|not to|stop (?:deleting|removing|erasing|changing)|ignore|forget|skip|rather not|must(?:n't| not)|should(?:n't| not))\b(?! (?:know|understand|see|get)\b)|(?:^|\bbut )not\b"
REFUSALS: frozenset[str] = frozenset(
    "no|nope|never mind|nevermind|forget it|cancel|cancel that|no forget it|stop|no thanks|nothing|none|no never mind|leave it|abort|不用了|算了|取消".split(
        "|"
    )
)
SPLIT = r"(?:[.!?;]+\s+|[.!?;]+$|,?\s+(?:and then|then|and also|and after that|after that|but|and finally|plus)\s+|,\s+and\s+|\s+and\s+|,\s+)"
# The bundled shop is asked for by these; anywhere else it is the name of what was made of it.
DEMO_WANTED = r"\b(?:capture|captrue|cpature|try|record|intercept|proxy|set(?:ting)? up|start|launch|play|create|make|add|new|use|explore|spin up|begin|tap|sniff|hook|explore)\b[^,;]*\bdemo\b"
DEMO_NAMED = (
    r"(?:\b(?:the |my |our )|(?<!to )(?<!as )(?<!called )(?<!named )\b)demo (?:shop|store)(?: (?:api|endpoint))?\b|\b(?:the |my |our )demo (?:api|endpoint)\b"
)
# What may trail a name and is no part of it.
TRAILER = r"\s+(?:from (?:now|here) on|please|pls|instead|for me|thanks?(?: you)?|now|for now|if you (?:can|could|please))$"
# "I don't need it any more" says why a deletion is asked for, where other negations forbid something.
NO_LONGER = r"\b(?:do(?:n't|nt| not|n’t)|no longer) (?:\w+ )?(?:need|want|use|care)\b"
# A piece of a sentence that goes on with the thing before it.
CONTINUES = r"^(?:and )?(?:call|name|tag|label|title) (?:it|this|that)\b(?!\s*(?:$|again))"

# Simplified Chinese for the main verbs, translated before anything else; longer phrases first.
CHINESE: tuple[tuple[str, str], ...] = (
    ("最后一个错误", " the last error "), ("最后一次调用", " the last call "), ("最近的", " recent "), ("不要", " do not "), ("别", " do not "), ("请帮我", " please "), ("帮我", " please "), ("请", " please "),
    ("试试演示", " try the demo "), ("演示", " demo "), ("试试", " try "), ("捕获", " capture "), ("抓取", " capture "), ("录制", " record "), ("抓包", " capture "), ("监控", " monitor "), ("每天", " daily "),
    ("每周", " weekly "), ("每月", " monthly "), ("列出", " list "), ("显示", " show "), ("查看", " show "), ("看看", " show "), ("我有哪些", " which do I have "), ("有哪些", " which "), ("哪些", " which "),
    ("接口", " endpoints "), ("端点", " endpoints "), ("的请求", " requests "), ("请求", " requests "), ("调用", " calls "), ("流量", " traffic "), ("失败了", " failed "), ("失败的", " failed "),
    ("失败", " fail "), ("出错", " fail "), ("错误", " errors "), ("为什么", " why did it "), ("解释", " explain "), ("给它写文档", " document it "), ("写文档", " write documentation "),
    ("生成文档", " generate documentation "), ("文档", " documentation "), ("生成", " generate "), ("我还有多少", " how many do I have "), ("还剩多少", " how many left "), ("多少", " how many "),
    ("积分", " credits "), ("余额", " balance "), ("额度", " credits "), ("购买", " buy "), ("充值", " top up "), ("删除", " delete "), ("暂停", " pause "), ("恢复", " resume "), ("密钥", " keys "),
    ("提示词", " prompts "), ("添加", " add "), ("今天", " today "), ("昨天", " yesterday "), ("最慢", " slowest "), ("变化", " changes "), ("改变", " changes "), ("重放", " replay "), ("它", " it "),
    ("我的", " my "), ("的", " "), ("了", " "), ("吗", " "), ("我", " I "), ("一下", " "), ("帮助", " help "), ("你好", " hello "), ("和", " and "), ("然后", " then "),
)  # fmt: skip
