# ruff: noqa: SIM905 - tables of words read best as rows of words
"""The guide's vocabulary, as data: which words mean which concept, what is noise, how people count, time and misspell.

No grammar here: how sentences are put is in `phrasing`, the verbs and their patterns are in `verbs`, what is done with a match in `plan`.
"""

# A concept and the words that stand for it. A word may stand for several.
CONCEPTS: dict[str, str] = {
    "alone": "just only",
    "alert": "alert alerts warn notify inform notification",
    "app": "app apps application applications",
    "archive": "archive archiving",
    "arrive": "arrive arrives arrived came comes come received incoming happened happens come-in comes-in came-in coming-in turn-up show-up passing appear",
    "auth": "auth authenticate authenticates authenticating authentication authorization authorisation authorize authorise login credentials apikey bearer permission permissions secured security log-in sign-in signin authn password passwords signed signature authenticated credential oauth jwt",
    "buy": "buy buying purchase recharge top-up refill reload acquire order",
    "call": "call calls request requests traffic exchange exchanges hit hits captures captured logs log invocation invocations activity history responses",
    "capture": "capture rec capturing logging record recording intercept intercepting watch watching track tracking proxy tap sniff hook trace observe mirror mitm wiretap eavesdrop collect",
    "change": "change changes changed changing breaking differ differs diff news what's-new drift update updates modified differences different new modification modifications modify alteration alterations altered drifted evolve evolved changelog change-log",
    "complete": "complete done finish",
    "connect": "connect attach link hook-up plug-in add",
    "cost": "cost costs price prices afford pricing expensive charge charged cheap fee fees how-much",
    "count": "how-many count number-of total totals how-much tally",
    "create": "create make add new set-up setup spin-up start begin build register store need want establish",
    "credit": "credit credits balance account wallet funds money budget spend",
    "delete": "delete remove erase get-rid-of rm destroy kill nuke drop trash scrap discard bin toss ditch wipe purge axe zap",
    "figurative": "unplug destroy kill nuke drop trash scrap discard bin toss ditch wipe purge axe zap",
    "demo": "demo demonstration sandbox sample-shop sample-api playground test-drive try-out tutorial toy",
    "describe": "describe description describes",
    "detail": "detail details detailed body headers header payload full response answer reply contents content inside raw expand more-about dump responded",
    "diagnose": "diagnose fix solve repair resolve debug investigate troubleshoot analyse analyze debugging figure-out find-out look-into understand compare",
    "different": "different difference differences",
    "disconnect": "disconnect detach unlink unplug",
    "doc": "docs doc documentation document reference manual spec specification openapi swagger typescript types markdown postman graphql collection typings api-description guide-book handbook readme schema-file sdl definitions",
    "document": "document documenting write-up specify",
    "endpoint": "endpoint endpoints api apis proxies service proxy-url proxy-urls capture-url capture-urls integration integrations",
    "environment": "environment env",
    "example": "example examples sample illustration snippet",
    "explain": "explain why explanation reason reasons cause causes how-come what-happened happened understand root-cause wtf clarify clarification elaborate justify",
    "fail": "fail fails failed failing failure failures error errors errored broken broke unsuccessful crash crashed crashes unsuccessfully bad busted dead reject rejected refused denied timeouts not-work not-working complain complains outage outages faulty failings",
    "find": "find search look lookup searching filter query grep rg locate hunt",
    "follow": "then and also",
    "har": "har file attachment attached",
    "import": "import upload load ingest pull-in",
    "key": "key keys",
    "limit": "limit throttle allow cap restrict most limited maximum max capped",
    "list": "list enumerate overview ls catalogue inventory roster",
    "monitor": "monitor monitoring watch check alert monitored supervise observe surveil control survey oversee",
    "name": "name named called title",
    "operation": "operation operations route routes methods",
    "parameter": "parameter parameters params expect expects take takes return returns accept accepts argument arguments field fields schema input inputs output body required needs argument properties property",
    "pause": "pause disable suspend halt deactivate turn-off switch-off stop freeze hold on-hold offline take-down mute",
    "private": "private hide unpublish unlisted secret hidden invisible",
    "prompt": "prompt prompts",
    "provider": "openai anthropic claude gpt openrouter groq mistral deepseek gemini google ollama xai",
    "proxy": "proxy-url proxy-urls proxy curl",
    "paging": "paginated paginate pagination paging pages page cursor",
    "public": "public publish visible published",
    "question": "how-many what's-new what what's who's how's which any anything is are does do how has have did was were who where when",
    "recent": "recent latest newest last most-recent freshest previous",
    "refresh": "refresh regenerate update rebuild renew redo rewrite",
    "rename": "rename",
    "replay": "replay rerun re-run replaying repeat resend re-send play-back run-again redo retry re-execute rerunning repeating",
    "resume": "resume reactivate enable unpause activate turn-on switch-on back-on continue restart unfreeze carry-on go-on bring-back online revive wake",
    "review": "review",
    "run": "run invoke execute send call try perform hit fire issue make do",
    "save": "save store create add new keep",
    "server": "mcp server servers",
    "share": "share sharing lend lending lent shared borrowed borrow grant",
    "show": "show rank sort inspect examine list display view see print give get fetch read open tell download export have what what's which any where find search look check present reveal pull-up bring-up let-me-see let ls dump cat print pull pull-up peek present",
    "slow": "slow slowness slowest slower longest takes-longest performance laggy sluggish latency latencies bottleneck duration durations so-long ages speed fast lag lagging delay delays delayed",
    "state": "paused inactive stopped suspended halted disabled archived active finished completed deactivated idle frozen",
    "summary": "summarize summarise summary summaries tl;dr tldr recap gist",
    "stop": "stop off disable end cancel unshare quit discontinue cease",
    "success": "success successful succeed succeeded good ok working worked went-through",
    "tag": "tag tags tagged label labels",
    "template": "template templates path-template path-templates pin pins pinned left-out noise",
    "text": "text saying",
    "keep_template": "pin keep",
    "split": "split reject separate",
    "unpin": "unpin",
    "put_back": "put-back",
    "tool": "tool tools",
    "trouble": "went-wrong wrong problem problems trouble troubles issue issues matter broken",
    "try": "try use start show open play launch capture record",
    "usage": "usage used consumption quota quotas tokens plan allowance consume consumed consuming spent",
    "use": "use apply run insert using",
    "wait": "wait waiting until let-me-know tell-me-when notify hold-on hang-on stand-by stay as-soon-as block",
    "help": "help",
    "release": "version release releases deploy deployment upgrade",
    "write": "write written generate create make produce build refresh regenerate update prepare draft put-together compile derive turn write-up",
}
# Words without a meaning of their own here: they are never taken for somebody's name.
NOISE: frozenset[str] = frozenset(
    """a about above across actually after again all already also always am an and another any anybody anyone anything are around as at away back be because been before being below
    best between bit both but by can cannot could currently dear did do does doing done each either else ever every everybody everyone everything exactly few for from further get gets getting given
    gives go goes going good got great had has have having he hello her here hers hey hi him his how i i'd i'll i'm i've if in inside instead into is it it's its itself just kind kindly last later least left less let let's
    like little long look looks lot lots made make makes many matter may maybe me mean means might mine minus more most much must my myself near need needs next no nor not nothing now of off often ok okay on
    once one ones only onto or other others ought our ours out over own per perhaps please plus possible possibly put quick quickly quite rather re ready real really right said same say says see seem send
    sent set shall she should show since so some somebody someone something soon still such sure take takes tell than thank thanks that that's the their them then there these they thing things this those though
    through till time times to today together too toward try trying turn two under until up upon us use used uses using very via want wants was way we we'd we'll well were what what's when where which while who whole
    whom whose why will wish with within without would yet you you'd you've we've they've upstream contract interface shape your yours yourself yes yeah yep cheers hopefully wiretalk guide once sir madam kindly present moment right-now so-far far so come coming
    details entry entries item items result results url urls link address host website site backend app's first second third fourth fifth three four five six seven eight nine ten number long longer took than
    seconds minutes hours days weeks months second minute hour day week month year new old running work works working data information info existing available separate specific status state method path version
    pointing pointed points belonging called named titled account reach sends sending returned returning returns give max maximum maximally limit order-by sorted newest recently containing contains contain
    contained including includes include matching match yesterday hourly noon midnight rate limited stored saved store enough another's slower faster successful unauthorized saying deal deals handle handles
    handling concern concerns wise yaml json scheme used taking table everything versions move mark put switch fine don't doesn't didn't isn't aren't wasn't sequence own tags schema token whether em exist exists format""".split()
)
# Everyday words that are no names either, and say nothing: verbs, adjectives and adverbs foremost. Nouns that may name an API are left out.
COMMON: frozenset[str] = frozenset(
    """carry carries somewhere thing client clients command commands undo dude man mate buddy down against deleting removing erasing destroying both able absolutely accidentally actual add address advance afraid age ago agree ahead air almost alone along alright although amount answer anyhow anymore anyway anyways anywhere apart appreciate area aren't
    ask asked asking attach aware awesome awful bad badly basically basis bear bearing beat become becomes began begin behave behaves behind believe beyond big bigger bit bits boring bother bring bringing
    broad brought building busy can't carefully care case cases casual catch caught certain chance change chat cheers chosen clear clearly clever close code colleague colleagues common compared completely
    confirm confused confusing consider correct correctly couldn't course curious current cut daily damn date day days deal decide decided deep definitely depend depends detail difficult directly does doesn't
    double doubt dumb during earlier early easier easily easy effect either else's empty end ended enough entire entirely especially exact explain explicit extra extremely eye face fact facts fairly familiar
    fast favour favor feel feels fellow fewer figure fill final finally find fixed folks follow following forgot forgotten form former found fresh friend friends front full fully fun further general generally
    garbage glad god goodness grateful great group guess guys half hand handy happen happening happens happy hard hardly hasn't hate haven't hear heard heck help helpful helps hence high hint hit hold honest honestly
    hope hoping huge hurry hurt idea ideas ill imagine immediately important incoming indeed inform inner instance instant interested interesting internal isn't issue job join joined keep keeps kept kinda
    knew know knowing known knows lack lady lately latter laugh lead leads leave leaving leaves length lets level lie life likely lines listen live lives local lol long lose lost loud love lovely low lower luck
    lunch mad main major manage managed manner man mates meant meanwhile meet mention mentions middle mind minor miss missed missing mistake mistaken mix moment mood morning mostly mother moving name namely
    nature nearly necessary neither nice nicely nobody nod none nope normal normally note notice noticed noticing obvious obviously occur occurs occurred odd oh older onward open opened opening opinion option
    options ordinary original originally outcome outside overall owe page pages pain part particular particularly parts pass passed past people perfect perfectly permanently piece pieces place places plain plan
    play pleasant please pleased point points poor position possible potential practically precise precisely prefer preferably prepare pretty prevent prior probably problem proceed process produce progress
    promise proper properly provide provided purpose quickest quiet random rapid rare rarely rate reach reached reaching receive received recommend refer regard regarding regards regular regularly related relevant
    rely remain remains remember remind remote repeat reply respect respectively rest roughly round safe safely sake sample satisfied saw saying scared seconds seem seemed seems seen sense separately seriously
    serve serves shame sharp short shortly should shouldn't shut sick side silly similar simple simply single sit situation size skip slightly slow slowly small smart smooth smoothly sort sorts sound sounds spare
    specifically spend spent split spot stand standing stands start started starting starts stay stays step steps sth stick stop stopped straight strange stuck stuff stupid style sudden suddenly suggest suit
    super supposed surely surprise surprised switched tad talk talks task tasks team's tend term terms terrible terribly thankful thanking theirs thing think thinking thinks thorough thoroughly though thought
    thoughts thru tidy tight tiny tired together told tomorrow tonight tons top totally touch touches touched tough toward towards tried tries trouble true truly trust truth turned twice type types typical ugly
    uh um understand understood unfortunately unless unlike unsure unusual upcoming upset useful useless user's usual usually utterly valid value various view visible visit wait waits walk wanna wanted wanting
    wasn't watches ways weird welcome went weren't what'd whatever whenever wherever whether whoever whole wide wild willing wise wish wishes won't wonder wonderful wondering word words wore worked worried worry
    worse worst worth wouldn't wow wrong yard yeah year years yell yesterday yet young gonna gotta gotcha dunno hmm huh oops ouch ugh yay btw fyi asap thx ty tia lmk imo afaik min max approx incl e.g i.e etc
    vs night nights sad happy angry annoyed curious eager excited sorry proud sure certain previous extra entire brief quick huge tiny odd weird strange wrong right main major minor public-facing via per re app's api's there're they're we're you're he's she's who'd where'd how'd might've should've could've would've anybody's someone's nobody's everyone's else own lot lots bunch couple few several many
    much most least less more fewer enough plenty loads dozen supplier vendor partner boss manager customer-facing screen button tab window browser phone laptop computer office meeting code-base codebase frontend
    front-end back-end script program software tool-kit toolkit talking talks speak speaks behaving lives living sits hosted located sending arrives responding responds answering answered behaves""".split()
)
# Everyday verbs, in whichever form they are said: no names either.
ACTS: frozenset[str] = frozenset(
    """accept achieve act adapt adjust admit adopt affect aim align amend announce apologize appear apply appoint approach approve argue arrange assign assist assume assure attempt attend avoid await ban bear beg behave believe
    belong bet bind bite block boost borrow bounce break bring build bump burn call cancel carry cease chase cheat choose claim clarify clean clear click climb close collapse collect combine comment commit communicate compare
    compete complain concern conclude conduct confirm connect consider consist construct contact contribute convert convince cook cope cost cover cross curse damage dare deal debate decide declare decline decrease defend define
    demand deny depend derive deserve desire detect determine develop differ discover discuss disturb divide double doubt drag drive dump earn edit embed emerge emit employ encounter encourage end enjoy ensure enter escalate establish estimate
    evaluate examine exceed exclude execute exercise exist expand expect explode explore expose express extend face facilitate fall feel fetch fill finish fit fix flip flood follow forbid force forget forgive form forward freak
    fulfil gain gather generate give go grab grant greet grow guarantee guess guide handle hang happen harm hate head hear hide hire hope hurry hurt identify ignore illustrate imagine implement imply impose improve include increase indicate
    influence inspect install integrate intend interest interrupt introduce invent invest investigate invite involve join judge jump justify keep kick knock know lack laugh launch lay lead lean learn leave lend lie lift like
    listen live locate look lose love lower maintain manage mark matter mean measure meet mention merge migrate mind miss mix modify motivate negotiate note notice obey obtain occur offer omit operate oppose organize outline
    overcome overlap owe own paste perceive perform permit persuade pick place plan play please poke ponder possess postpone practise pray predict prefer prepare present preserve pretend prevent proceed process produce prohibit promise
    promote prompt propose protect prove provide pull punish pursue push put quit quote raise reach react realise realize rebuild recall receive recognise recommend recover reduce refer reflect refuse regard regret reject
    relate relax rely remain remind render reply report represent require rescue resemble reserve resist resolve respect respond rest restrict result retain retire retry return reveal review ride ring rise risk roll ruin rush sacrifice satisfy scare
    schedule scream seek seem select separate serve settle shake share shift shout shrink shut sign sit sketch slip smell solve sort sound speak specify spend split spoil spread stand state stay steal stick stretch strike struggle study
    submit succeed suffer suggest suit summarise supply support suppose surprise survive suspect sustain swear sweep switch talk taste teach tear tend terminate test thank think threaten throw touch trace train transfer transform
    transmit travel treat trick trigger trust try tweak twist understand undertake undo update upgrade urge validate vanish vary verify visit vote wait walk warn wash waste wear weigh whine win wipe wish wonder work worry wrap yell""".split()
)
# Noise elsewhere, but not in what an operation is about.
TOPICAL: frozenset[str] = frozenset("address account link version item items entry information status state website host method".split())
# People and their work: they name an API only right before "api".
PEOPLE: frozenset[str] = frozenset(
    "customer client user partner merchant tenant visitor employee team teammate coworker director chief lead agent supplier vendor consumer subscriber integrator home system ticket incident case colleague boss manager developer integrator tester buyer seller reporter".split()
)
# Spelling mistakes too short or too far for the general rule; a destructive word is only ever corrected from here.
TYPOS: dict[str, str] = {
    "lst": "list", "lsit": "list", "shw": "show", "sho": "show", "whcih": "which", "waht": "what", "wht": "what", "cals": "calls", "dcos": "docs", "apsi": "apis", "erors": "errors", "errs": "errors", "shwo": "show", "sohw": "show", "hw": "how", "plz": "please", "pls": "please", "captur": "capture", "cpature": "capture", "endpoitns": "endpoints", "enpoint": "endpoint",
    "endpint": "endpoint", "delet": "delete", "delte": "delete", "dleete": "delete", "deleet": "delete", "remvoe": "remove", "dayly": "daily", "weekley": "weekly", "wich": "which", "wat": "what", "wy": "why", "wot": "what", "hwo": "how", "shud": "should", "cud": "could", "thx": "thanks", "msgs": "messages", "eps": "endpoints", "ep": "endpoint", "gen": "generate", "resp": "response", "yday": "yesterday", "yest": "yesterday", "tokn": "token", "hav": "have", "hv": "have", "abt": "about", "wth": "with", "frm": "from", "ystrday": "yesterday", "mnth": "month",
    "teh": "the", "adn": "and", "ur": "your", "u": "you", "pasue": "pause", "reqs": "requests", "reqests": "requests", "reqest": "request", "req": "request", "montior": "monitor", "cal": "call", "docu": "docs", "credtis": "credits", "r": "are", "n": "and", "y": "why", "toks": "tokens", "sth": "something", "smth": "something", "yr": "your", "da": "the", "dat": "that", "dis": "this", "em": "them", "goin": "going", "gonna": "going to", "al": "all", "sinc": "since", "mch": "much", "cnt": "count", "whyd": "why did", "ad": "add", "remov": "remove", "rmove": "remove", "remve": "remove", "dlete": "delete", "agn": "again", "trn": "turn", "whre": "where", "dnt": "don't", "til": "until", "till": "until", "wats": "what's", "wots": "what's", "whts": "what's", "com": "come", "fri": "friday", "mon": "monday", "tue": "tuesday", "wed": "wednesday",
    "thu": "thursday", "sat": "saturday", "sun": "sunday", "err": "error", "op": "operation", "ops": "operations", "2day": "today", "cn": "can", "cld": "could", "wld": "would", "th": "the", "evry": "every", "hte": "the", "yesterdy": "yesterday", "cos": "because", "coz": "because",
}  # fmt: skip
# Other words that a misspelling may be of.
SPELLED = (
    "monday tuesday wednesday thursday friday saturday sunday yesterday today daily weekly monthly successful seconds minutes hours morning afternoon evening longer slower please "
    "could would that this since between last first second third when right your number hour with from there before after about "
    "make take turn every next until while want name week month only another again both already there where their which what three more much many some any does have like look open through please minute request longer"
)
# Said so often that of two equally near words these are meant.
OFTEN: frozenset[str] = frozenset(
    "show calls call request requests capture captures api apis endpoint endpoints docs document failed what which when with where from list monitor changed".split()
)
# Words near ours that are words of their own, and beginnings that turn a word of ours into its opposite.
KNOWN: frozenset[str] = frozenset(
    "stripe weather shop team there their where those these care core cost case cast cell ball fall hall tall wall moist least beast cake bake bread tread dread threat treat great create "
    "caller recall father rather shape shave shard shore store score story sport spot port post pose nose rose close chose loose lose moose mouse house horse course source force "
    "state status stake steak plane plant plain plate price pride prime print point paint faint saint safe sale salt slot shot short shirt skirt clock click flick brick trick truck track "
    "router routers invoice invoices product products customer customers staging stage acme prices orders notes media member members payment payments person persons people items teams events users "
    "world word work worth north mouth month south route root robot report reports request quest guest best test rest west nest vest text next taxi task mask bank rank thank tank".split()
)
UNDOING = "un|dis|de|re|mis|non"
# Concepts whose words must be said just so: other forms of them ("deleted", "deleting") tell of the deed.
EXACT: frozenset[str] = frozenset(("delete", "figurative", "disconnect"))
DESTRUCTIVE: frozenset[str] = frozenset(
    "delete remove erase destroy kill nuke drop trash disconnect detach rm scrap discard bin toss ditch wipe purge axe zap unplug".split()
)

NUMBERS: dict[str, int] = {
    word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())
} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "a": 1, "an": 1, "couple": 2}  # fmt: skip
SCALES: dict[str, int] = {"dozen": 12, "hundred": 100, "thousand": 1000, "k": 1000}
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
MOMENTS: dict[str, str] = {
    "morning": "today", "afternoon": "12:00", "evening": "18:00", "tonight": "18:00", "night": "yesterday", "noon": "12:00", "midday": "12:00", "lunch": "12:00", "lunchtime": "12:00", "breakfast": "08:00",
    "midnight": "00:00", "day before yesterday": "2d", "weekend": "saturday",
}  # fmt: skip
DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"

# The first that matches a call's description gives the `status` filter.
STATUSES: tuple[tuple[str, str], ...] = (
    (r"\b(?:not|isn't|aren't|wasn't|weren't|other than|except(?: for)?|besides|but)(?: an?| the)? (?:200s?|2xx|ok|successful|success)\b", "error"),
    (r"\b([1-5])xx\b", r"\1xx"),
    (r"\b([1-5]\d\d)s?\b(?! (more )?(credits?|requests?|calls?|ms|milli))", r"\1"),
    (r"\bbad requests?\b", "400"),
    (r"\binternal server errors?\b", "500"),
    (r"\bbad gateways?\b", "502"),
    (r"\bservice unavailable\b", "503"),
    (r"\bgateway time-?outs?\b", "504"),
    (r"\btoo many requests\b", "429"),
    (r"\bserver(-| )?(side )?(errors?|failures?)\b", "5xx"),
    (r"\bclient(-| )?(side )?(errors?|failures?)\b", "4xx"),
    (r"\b(unauthori[sz]ed|unauthenticated)\b", "401"),
    (r"\bforbidden\b", "403"),
    (r"\bnot found\b", "404"),
    (r"\b(rate[- ]limited|throttled)\b", "429"),
    (r"\bredirect(s|ed|ions?)?\b", "3xx"),
    (r"\b(un|not )success(ful)?\b", "error"),
    (r"\b(success(es|ful|fully)?|succeed(ed|s)?)\b", "2xx"),
    (
        r"\b(fail(s|ed|ing|ures?)?|errors?|errored|broken?|(?<=anything )break(?! lately)|(?<=something )break|crash(ed|es)?|bad|went-wrong|wrong|problems?|troubles?|issues?|unsuccessful)\b",
        "error",
    ),
)
FORMATS: tuple[tuple[str, str], ...] = (
    (r"\b(openapi|swagger|oas|spec|specification)\b", "openapi"),
    (r"\b(typescript|typings|types|ts)\b", "typescript"),
    (r"\b(markdown|md)\b", "markdown"),
    (r"\bgraphql\b", "graphql"),
    (r"\bpostman\b", "postman"),
)
FREQUENCIES: tuple[tuple[str, str], ...] = (
    (r"\b(stop|off|turn-off|disable|end|quit|cease|discontinue|no longer|unmonitor)\b", "off"),
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
    (
        r"\bstop(?=(?: \w+)? (?:record|captur|log|track|intercept|listen)ing\b| (?:the )?capture\b)",
        "REVIEW",
    ),  # what is not recorded is still forwarded: nobody's client breaks
    (r"\b(pause|paused|suspend|suspended|freeze|hold|on-hold|mute)\b", "REVIEW"),
    (r"\b(disabled?|halt|inactive|stop|stopped|turn-off|deactivated?)\b", "INACTIVE"),
    (r"\b(resume|revive|unfreeze|online|reactivate|enabled?|unpause|activate|turn-on|back-on|active|restart|continue)\b", "ACTIVE"),
    (r"\barchived?\b", "ARCHIVED"),
    (r"\b(completed?|finished|done)\b", "COMPLETE"),
    (r"\breview\b", "REVIEW"),
)
PUBLIC: tuple[tuple[str, bool], ...] = (
    (r"\b(private|hide|hidden|invisible|secret|unpublish|unlisted|not public)\b", False),
    (r"\b(public|publish|visible|open to (?:everybody|everyone|all|the world))\b", True),
)
SHARED: tuple[tuple[str, bool], ...] = (
    (r"\b(unshare|stop|private)\b", False),
    (r"\b(share|shared|lend)\b|\blet\b.*\buse\b|\bgive\b.*\baccess\b|\ballow\b.*\bto use\b", True),
)
ENVIRONMENTS = "production|prod|staging|stage|development|dev|testing|test|local|sandbox|qa"

REFUSALS: frozenset[str] = frozenset(
    "no|nope|never mind|nevermind|forget it|cancel|cancel that|no forget it|stop|no thanks|nothing|none|no never mind|leave it|abort|不用了|算了|取消".split(
        "|"
    )
)
# What "them" are, right after these were asked for.
PLURALS: dict[str, str] = {
    "docs_generate": "the docs",
    "docs_get": "the docs",
    "capture_search": "the calls",
    "endpoint_list": "my apis",
    "key_list": "my keys",
}
