"""How people put it, as data: what is rewritten before a sentence is cut, where it is cut, and how each clause is meant.

Which words mean which concept is in `words`; the rules here are applied by `reading`.
"""

from agent.providers.guide.words import PEOPLE

# What stays one word: written with a space by people, with a hyphen in CONCEPTS.
PHRASES: tuple[tuple[str, str], ...] = (
    (r"(throw|chuck)(ing)? (?P<what>(?!away)(?:[\w.⟦⟧-]+ ){1,4}?)away", r"delete \g<what>"),
    (r"throw(ing)? away|wipe out|do away with", "delete"),
    (r"kick (?P<what>(?:[\w.⟦⟧-]+ ){1,3}?)out|cut (?:the connection|off) (?:to|from)", r"disconnect \g<what>"),
    (r"(?:not|no longer|non) ?-?public(?: any ?(?:more|longer))?", "private"),
    (r"(?:withdraw|revoke|take back|remove) (?:the )?access (?:to|from)", "unshare"),
    (r"wak(?:e|ing)(?: up)?(?= )", "resume"),
    (r"(?P<be>is|are|was|were|been|currently) (?:turned|switched) off", r"\g<be> inactive"),
    (r"(hold|hang) on(?= (?:until|till|for)\b)", "wait"),
    (r"stand by|w8", "wait"),
    (r"(?:com(?:e|es|ing)|came) in", "arrive"),
    (r"what(?:'?s| is) (?:the (?:story|deal|matter) with|up with|behind|the (?:story|reason) behind)", "why"),
    (
        r"(?:what|how) (?:would|could|can|do|must|should|to)(?: i| we| you)?(?: have to)? (?:make|get) (?:it|this|that|them)(?: to)? (?:succeed|work|pass|go through)",
        "fix it",
    ),
    (r"writ(?:e|ing) up", "document"),
    (
        r"(?:hook|plug|link|wire)(?:ing)? (?P<what>(?:(?:the|an?|my) )?(?:mcp )?server )?up(?= (?:to )?(?:the|an?|my|our|with|⟦|mcp|server)\b|$)",
        r"connect \g<what>",
    ),
    (r"(let me know|tell me|inform me|notify me|alert me|say) (as soon as|once|when)", "tell-me-when"),
    (
        r"(takes?|took|taking|needs?|needed|spends?|spent) ((?:the )?most|most of (?:its|the|their)) time|(takes?|taking|took) (so|too|very|that) long|(highest|worst|biggest) (latency|latencies|response times?)",
        "slowest",
    ),
    (r"response times?", "slow"),
    (r"(?:find|figure|work) out (?:why|what)(?: (?:went-wrong|happened|broke|failed|is wrong|caused it))?(?= |$)", "explain"),
    (r"(?:it would|it'd|would) be (?:nice|great|good|cool|lovely|helpful|handy|useful|awesome) (?:to have|to get|having)", "create"),
    (r"(?:it would|it'd|would) be (?:nice|great|good|cool|lovely|helpful|handy|useful|awesome) (?:if you (?:could|would|can)|to)", "please"),
    (r"more (?:about|on|info\w* (?:about|on))", "details of"),
    (r"(?:los(?:e|es|ing)|wast(?:e|es|ing)) (?:\w+ )?time", "slow"),
    (r"(is|are|was|were|went|goes) ((?:[\w.-]+ )?)down", r"\1 \2failing"),
    (r"from (?:the|my) (?:list|overview|dashboard|collection)", ""),
    (r"how come|for what reason", "why"),
    (r"what (has )?happened(?= (?:to|with|at|on)\b)", "why"),
    (r"what(?:'?s| is) (?:going on|happening)", "why"),
    (r"(run|play|send|call|execute|do) (?P<what>(?:[\w⟦⟧'’-]+ ){0,4}?)(again|once more|one more time)", r"replay \g<what>"),
    (r"play(ing)? (?P<what>(?:[\w⟦⟧-]+ ){0,4}?)back", r"replay \g<what>"),
    (r"tak(e|ing) (?P<what>(?:[\w⟦⟧-]+ ){1,4}?)(off ?line|off the air|down)(?: for (?:now|the moment|a while|a bit))?", r"pause \g<what>"),
    (r"put (?P<what>(?:[\w⟦⟧-]+ ){1,4}?)on (hold|ice)", r"pause \g<what>"),
    (r"put (?P<what>(?:[\w.-]+ ){1,4}?)back (online|up|on)", r"resume \g<what>"),
    (r"(bring|get) (?P<what>(?:[\w⟦⟧-]+ ){1,4}?)back( online| up)?", r"resume \g<what>"),
    (r"(go|carry) on( with)?|pick up again", "resume"),
    (r"(?:no|not any) (?:more|further)(?= (?:(?:daily|weekly|monthly|regular) )?(?:monitoring|watching|check(?:ing|s)|capturing|recording|alerts?))", "stop"),
    (r"stop (?:checking|watching)|unwatch|unmonitor", "stop monitoring"),
    (r"write (?P<what>it|this|that|everything) up", r"document \g<what>"),
    (r"put together|come up with", "write"),
    (r"how much(?= (?:is|are|does|would|will|for)\b)", "what's the price"),
    (r"(?:up[- ]to[- ]date|fresh|updated|newer|new|current)(?= (?:docs?|documentation|documents|reference|openapi|spec)\b)", "refresh"),
    (r"out of date|outdated|up[- ]to[- ]date", "old"),
    (r"(?:is|are|was|were) there (?:any(?:thing)?|something|some) (?:new|different)|anything different|something different", "what's-new"),
    (r"(?:no|without any|haven't (?:got )?(?:an?|any)|don't have (?:an?|any)) (?:idea|clue) (?:where|how) to (?:start|begin)", "show me"),
    (r"(?<!to )(?<!as )(?<!it )(?<!named )(?<!called )(?:sample|example|toy|test|dummy) (?:shop|store|api|service)|play ?ground|test drive", "demo"),
    (r"something to (?:try|play with|start with)|try with something", "try the demo"),
    (r"(?:was |were |is |are |you |been )?(?:left|leave|leaving) out", "left-out"),
    (r"path templates?", "template"),
    (r"put (?P<what>(?:the )?⟦\d+⟧) back|put back (?P<more>(?:the )?⟦\d+⟧)", r"put-back \g<what>\g<more>"),
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
    (r"y(?= (?:[1-5]\d\d|the|it|this|did|does|do|is|are|was|were)\b)", "why"),
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
    (r"(?:be|get|stay|being) (?:notified|informed|alerted|warned)", "alert"),
    (r"let me know(?= (?:where|which|how|what|why|who))", "tell"),
    (r"let me know", "let-me-know"),
    (r"(?:root )cause", "cause"),
    (r"(?:pull|bring) up", "show"),
    (r"hooked up|plugged in", "connected"),
    (r"(?:load|pull|read) (?P<what>it|this|that|the \w+|⟦\d+⟧) in(?:to)?", r"import \g<what> into"),
    (r"block(?:ing)? (?:until|till|for)", "wait until"),
    (r"tell me when|ping me when", "tell-me-when"),
    (r"tell me about", "describe"),
    (r"what'?s new|what is new", "what's-new"),
    (r"log in|sign in", "login"),
    (r"(?:get|give|add|grab)(?: me| us)?(?= (?:[\w-]+ ){0,4}?(?:more |extra )?credits\b)", "obtain"),
    (r"(takes?|took|taking) (the )?longest", "slowest"),
    (r"open ?api", "openapi"),
    (r"type ?script", "typescript"),
    (r"(is|are|was|were) called", "named"),
)

# What comes before the request itself and says nothing about it.
PREAMBLE = (
    r"^(?:please|kindly|pls|hi there|hi|hello|hey|ok(?:ay)?|thanks?(?: you)?|great|good|cool|yes|yeah|well|so|now|then|and|also|but|just|first|next|finally|too|right|alright|sorry|seriously|honestly|omg|ugh|argh|oh|no{2,}|damn(?: it)?|dammit|wtf|jeez|geez|dude|bro|man|mate|guys|folks|hmm+|umm?|uh|btw|fyi|quick question|one (?:more )?(?:thing|question)|dumb question|before i forget|once more|"
    r"(?:can|could|would|will|may|might) (?:you|(?:someone|somebody|one of you)(?! (?:please )?(?:delete|remove|erase|destroy|kill|nuke|drop|trash|disconnect|detach|undo)\b))(?: kindly| possibly| just| also| maybe| please)*(?: (?:be (?:able|willing|happy)|like) to)?|would you mind|(?:may|can|could|might) (?:i|we) request that|(?:i|we) (?:request|ask|wish) that|(?:i|we) would to|(?:would|do|might) you (?:happen to )?know(?= (?:which|what|where|how|why|when|who)\b)|it(?:'d| would) be (?:good|nice|great|better|best) if|(?:happen to )?know(?= (?:which|what|where|how|why|when|who)\b)|actually|really|simply|if you (?:can|could|may)(?= (?:please |also )?(?:tell|show|give)\b)|wow|ooh|yay|haha|lol|yo|heya|hiya|(?:please )?you(?: can)?(?= (?:make|write|show|give|tell|open|start|stop|wait|send|list|find|explain|document|record|capture)\b)|(?:would|is|will) it be possible to(?! (?:delete|remove|erase|destroy|kill|nuke|drop|trash|disconnect|detach|undo)\b)|is it possible to(?! (?:delete|remove|erase|destroy|kill|nuke|drop|trash|disconnect|detach|undo)\b)|(?:may|might|could|can) i (?:ask|please ask)(?: you)?(?: to)?|"
    r"i (?:was|am|'m) (?:just )?wondering (?:if|whether)|it (?:would|might) be (?:helpful|good|nice|useful|great|interesting) to (?:know|see|have|get)|(?:i|we)(?:'d| would) (?:really )?appreciate (?=an? |the |some )|do you (?:happen to )?know (?:if|whether)|let me know (?:if|whether)|i think (?:we|you|i) should|we (?:should|need to|want to|have to)(?= \w)|by the way|anyway|anyhow|alright|all right|any chance (?:you could|of)|"
    r"(?:i|we)(?:'d| would) (?:like|love|want)(?: (?:you|us|me))? to|show me(?= how (?:do|can|could|would|should|must|to)\b)|(?:please )?(?:tell|remind|inform|explain(?: to)?) (?:me|us)(?: please)?(?= (?:how|where|which|what|why|who|whether)\b)|(?:check|see|find out|verify|look) (?:if|whether)|(?:i|we)(?:'d| would) (?:like|love|need|want|appreciate|be (?:happy|glad|grateful|thankful)(?: for| to have| about| with)?)(?= (?:an?|the|some|my|your|up-to-date|to)\b)(?: to)?|i(?: really)? (?:want|need)(?: you)? to|i wanna|(?:(?:i|we)(?:'d| would) (?:be (?:very |really |most |so )?\w+|appreciate it|love it|like it)|it(?:'d| would) be (?:very |really |so )?\w+) if you(?: could| would| can)?|i (?:want|need|like|wish|would like)(?: to)?(?= (?:make|delete|remove|create|see|capture|know|get|have|add|list|show|check|read|find|look|record|open|buy|change|stop|rename|document)\b)|(?:as )?i (?:already )?(?:said|told you(?: to)?|asked you to|meant)(?! (?:that|it|to|no|not|you|delete|remove|erase|destroy|kill|nuke|drop|trash|rm|disconnect|detach)\b)(?= \w)|let's|let us|lets|go ahead(?: and)?|if possible|maybe|instead|"
    r"be so kind(?: and| as to)?|do me a favou?r(?: and)?|help me(?: to)?|try to|i'm trying to|feel free to|wiretalk|guide|kind sir|dear guide)\b[\s,.!:]*"
)

# A mood is how the clause is meant; only a plain request may change anything. The first that matches wins.
MOODS: tuple[tuple[str, str], ...] = (
    ("definition", r"^what(?:'s| is| are| does| do)? (?:an?\b(?! (?:good )?example)|\w+ (?:mean|do\b(?! (?:i|we|you)\b))|.+\bmean\b|(?<=does )\w+ing\b)|^what (?:is|are) \w+\?*$"),
    ("definition", r"^how (?:does|do) (?:the )?(?:\w+ )?(?:monitoring|capturing|wiretalk|replay|redaction|approvals?)\b.*work"),
    ("definition", r"^(?:(?:explain|describe|tell me) )?how (?:(?!paging)\w+ing|it|this|that) works?\b"),
    ("how", r"^is there (?:an?|any|some) (?:way|call|route|request|possibility) (?:to|for)\b"),
    ("how", r"^(?:how (?:do|can|could|should|would|might|to)\b(?: (?:i|we|you|one|someone))?|what(?:'s| is) the (?:best )?way to)"),
    ("doubting", r"^(?:will (?:\w+ing|it|that|this|i)\b|what (?:happens|would (?:i|it|you|we|happen)\b|if)|would (?:i|it|that|\w+ing)\b|(?:should|shall|must) i\b|may i\b(?! (?:have|see|get|look|view|use|please|ask))|(?:is|are) (?:it|this|that|my [\w-]+|the [\w-]+) (?:safe|secure|ok|okay|possible)\b|why (?:can't|should))"),
    ("wondering", r"^(?:(?:am|are) (?:i|we) (?:allowed|permitted|able)\b|can (?:i|we|others|anyone|someone|they)\b(?! (?:have|see|get|try|look|view|use|please|afford))|do i (?:have to|need to))"),
    ("wondering", r"^(?:who|did (?:i|we|you|he|she|they)|have (?:i|we|you)|has (?:he|she|someone)|was (?:it|he|she)|were they|if )\b(?! already afforded)"),
    ("telling", r"\b(?:chang\w+ my mind|was going to|were going to|was about to)\b"),
    ("beyond", r"^(?:e-?mail|mail|fax|print|tweet|phone|translate|deploy|install|slack|whatsapp|dm|draw|paint|sing|book|order(?!.*\bcredits?\b)|compile|hack)\b|^(?:send|forward|post) .*\b(?:to|by|via|on) (?:my (?!api)|our (?!api)|e-?mail|slack|teams|discord|[\w.+-]+@)"),
    ("telling", r"^(?:leave|keep) .*\b(?:as (?:it|they) (?:is|are)|alone|untouched)\b"),
    ("telling", r"^(?:do|follow|obey|execute|carry out) (?:what|as|whatever|exactly|the (?:instructions?|orders?|commands?))\b"),
    ("telling", r"^(?:i|we|he|she|they|you|(?:the|a|an|our|my) \w+|someone) (?:\w+ )?(?:deleted|removed|said|told|says|love|hate|think|thought|would|had|was|were|asked|wrote)\b|\b(?:was|were|been|got) (?:\w+ )?(?:deleted|removed|erased)\b"),
)  # fmt: skip

NEGATION = r"\b(?:do(?:n't|nt| not|n’t)|never ?mind|never|without|rather than|instead of|no need to|not to|stop (?:deleting|removing|erasing|changing)|ignore|forget|skip|rather not|must(?:n't| not)|should(?:n't| not))\b(?! (?:(?:really|quite|fully|even|yet|exactly) )?(?:know|understand|see|get)\b)|(?:^|\bbut )not\b(?! (?:found|working|modified|allowed|authori[sz]ed|public|successful)\b)"

SPLIT = r"(?:[.!?;]+\s+|[.!?;]+$|,?\s+(?:and then|then|and also|and after that|after that|but|and finally|plus)\s+|,\s+and\s+|\s+and\s+|,\s+)"

# The bundled shop is asked for by these; anywhere else it is the name of what was made of it.
DEMO_WANTED = r"\b(?:capture|captrue|cpature|try|record|intercept|proxy|set(?:ting)? up|start|launch|play|create|make|add|new|use|explore|spin up|begin|tap|sniff|hook|explore)\b[^,;]*\bdemo\b"

DEMO_NAMED = (
    r"(?:\b(?:the |my |our )|(?<!to )(?<!as )(?<!called )(?<!named )\b)demo (?:shop|store)(?: (?:api|endpoint))?\b|\b(?:the |my |our )demo (?:api|endpoint)\b"
)

# A piece that tells how things are: the request is in the piece after it.
STATEMENT = r"^(?:you|it|this|that|he|she|they|we|i|something|somebody|someone) (?:just |totally |completely |still )?(?:broke|killed|messed|ruined|lost|crashed)\b|^[\w ]{1,40} here$|^(?!(?:is|are|was|were|has|have|do|does|did|any|what|which|why|how|when|where|who|can|could|would|will|may|might|shall|should|i|we|you|they|please|let|if)\b)(?:(?!(?:that|which|who|if|whether|why|how|what)\b)[\w.⟦⟧'-]+ ){1,4}?(?:is|are|was|were|has|have|had|seems?|looks?|keeps?|gets?|got|will|sent|gave|attached|uploaded|says?|said|complains?|complained|reports?|reported|fail(?:s|ed)|return(?:s|ed)|gave|gives|threw|throws|broke|breaks|stopped|stops|crashed|changed|doesn't|don't|isn't|aren't|isnt|arent|doesnt|dont|won't|can't|didn't)\b|^(?:i|we)(?:'ve| have)? (?:keep|always|still|only|just|get|got|attached|uploaded|sent|added|had|received)\b|^i(?:'m| am) (?!looking|trying|wonder|interested|close|near|over|out)\w+\b|^[\w.-]+'s (?!\w+ (?:api|docs|calls))"

# "I would like it documented": what is wanted done is an order to do it. No destructive word is here.
BE_DONE = "captured|recorded|logged|intercepted|checked|monitored|stopped|disabled|enabled|activated|hidden|limited|capped|paused|resumed|archived|renamed|replayed|published|tagged|documented|imported|regenerated|refreshed|updated|shared"

DONE = "documented|renamed|paused|resumed|archived|monitored|watched|replayed|published|tagged|imported|refreshed|updated|regenerated|written up|written|generated|shared"

# What is put right before a sentence is cut: "longer then" would be cut at "then".
TIDY: tuple[tuple[str, str], ...] = (
    (r"\b(?:only|just)(?: the)? (get|post|put|patch|delete)e?s\b|(?:\bthe )?\b(get|post|put|patch|delete)e?s only\b", r"only \1\2 calls"),
    (r"\b(?:tag|label) ((?:the )?(?:first|second|third|fourth|fifth|last) (?:one|api|endpoint)) (?!as\b|with\b)(?=\w)", r"tag \1 with "),
    (r"\b(?:remove|lift|drop|delete|clear|cancel) (?:the |its |any |all )?(?:rate[- ]?limit(?:s|ing)?|limit on requests)\b", "set no rate limit"),
    (r"\b(?:when|once|after) (?:you(?:'re| are)|that(?:'s| is)|it(?:'s| is)) (?:done|finished|ready|through)\b,?(?= \w)(?<!me when)", ""),
    (r"<((?:https?|wss?)://[^\s>]+)>", r"\1"),
    (r"^\W*\d{4}-\d\d-\d\d[T ][\d:.,]+Z?\W+(?:(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL)\W+)?", ""),  # how a log line begins
    (r"^\W*[\w.]*[a-z](?:Error|Exception): .*?(?:[.!?]\s+|\n)(?=\S)", ""),  # a pasted exception before a request
    (
        r"\b([1-5]\d\d) (?:Bad Gateway|Service (?:Temporarily )?Unavailable|Gateway Time-?out|Internal Server Error|Not Found|Unauthorized|Forbidden|Bad Request|Too Many Requests|Unprocessable (?:Entity|Content)|Conflict|OK|Created)\b",
        r"\1",
    ),
    (r"(?<![\w.])[A-Za-z_.]*(?:Error|Exception)\b(?:: .*?(?=[.!?](?:\s|$)|$))?(?=[.!?]?(?:\s|$))(?<!\berror)(?<!\bErrors)", "it failed"),  # a pasted exception
    (
        r"\b(?:i'?m |i am )?(?:an? )?(?:(?:complete|absolute|total|new) )?(?:beginner|newbie|noob|newcomer|developer|dev|pm|product manager|qa|tester|designer|founder|student|intern)(?: here)?[,.!;:](?=\s)",
        "",
    ),
    (
        r"\b(?:i (?:heard|read|saw|was told)|(?:my|a) \w+ (?:told me|said|mentioned)|someone (?:told me|said)|apparently)(?: that)? you can ([^,.?!]*)[,.?!]+ (?:so )?(?:could|can|would|will) you (?:please )?do (?:that|so|it)\b(?: please)?",
        r"\1",
    ),
    (
        r"\b(?:make|ensure|see to it|make sure)(?: please)?(?: it)?(?: so)? that (?:nobody|no one)(?: else)? (?:can )?(?:sees?|reads?|access(?:es)?|opens?) ",
        "make private ",
    ),
    (r"\b(?:2|to)day\b", "today"),
    (r"(?<=\s)@(?=[a-z][\w.-]*(?:[?!,.]?\s|[?!,.]*$))", ""),
    (r"\bany ?(?:1|one)\b", "anyone"),
    (r"(?<=[a-z] )2 (?=(?:the|this|that|a|my|our|it|use|get|call|see|do|make|be|have|log|add)\b|(?-i:[A-Z])\w*$)", "to "),
    (
        r"(?<=[a-z] )4 (?!(?:[a-z]+ )?(?:calls?|requests?|hits?|errors?|captures?|minutes?|mins?|seconds?|secs?|hours?|hrs?|days?|weeks?|months?|credits?|times|apis?|endpoints?|messages|or|and|of|more|new)\b)(?=[a-z])",
        "for ",
    ),
    (r"(?<=[a-z] )r(?= [a-z])", "are"),
    (r"(?<!with )\bname=(?=[\w-])", "named "),
    (r"\bcount of\b", "how many"),
    (r"\bhow 2 (?=[a-z])", "how to "),
    (r"(?<=\w) n (?=[a-z])", " and "),
    (
        r",? so (?=(?:(?:please|just|now|then|let's|can you|could you|would you|i'd like to|i want to) )*(?:delete|remove|pause|stop|archive|list|show|capture|record|document|monitor|replay|explain|check|tell|give|open|rename|wait|buy|import|add|run|find|turn)\b)",
        ", ",
    ),
    (r"\bfor (?:me|us)\b(?! to\b)", ""),
    (r"\b(how|where|why) (i|we|you|one) (can|could|should|would|must|do|have to)\b", r"\1 \3 \2"),
    (
        r"\b(how|where) (i|we) (?!am\b|are\b|can\b|could\b|should\b|would\b|must\b|do\b|did\b|have\b|had\b|was\b|were\b|will\b|may\b|might\b)(?=[a-z])",
        r"\1 do \2 ",
    ),
    (r"^(?:i|we)(?:'m| am| are)? wait(?:ing)? (?:for )?(?=\w)", "wait for "),
    (r"\b(?:what|which) can do (?P<what>(?:this|the|that) [\w .-]+?)(?=[?.!]|$)", r"what can \g<what> do"),
    (
        r"[,.]? \b(?:can|could|would|will) you (?:please )?(?:check|look|help|have a look|take a look|verify|confirm|do that|do it|assist)(?: please| me| that| it| this)*[?.!]*$",
        "",
    ),
    (
        r"^(?:the |this |that |my |our )?(?:issue|problem|ticket|bug|case|incident)s? (?:is |was |has been |got |are )?(?:now )?(?:resolved|solved|fixed|closed|gone|over)\s*[,.!;:-]+\s*(?:so )?(?=\w)",
        "",
    ),
    (r",? (?:when|once|after) (?:you're|you are|that's|that is|it's|it is) (?:done|finished|ready)(?=[.!?]*$)(?<!me when)", ""),
    (
        rf"^(?:please )?(?:(?:(?:may|can|could) (?:i|we)|i|we) (?:request|ask|wish|want|would like) that )?(?:(?:can|could|should|must|may|might|would) )?(?P<what>(?!it\b|there\b)[^,.?!]{{1,60}}?) (?:please )?(?:should |must |has to |needs? to |to )?be (?P<done>{BE_DONE})\b(?! (?:by|with)\b)",
        r"\g<done> \g<what>",
    ),
    (r"\b(?:in|to|at|on|under) (?:which|what) (?:url|address|host|link)\b", "where"),
    (r"\b(?:in|during|over) the night\b", "last night"),
    (r"\b(?:i|we)(?:'m| am|'d be| would be| are) (?:\w+ )?interested in ", "show "),
    (r"\b4 (?=(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+)\b)", "for "),
    (r"\bgo ahead and (?=\w)", ""),
    (r"\b(?:the |a )?(?:complete|full|entire|whole) (?=list|overview|set|picture)", "the "),
    (
        r"(?<=[\w'] )(?<!want )(?<!like )(?<!need )(?<!how )(?<!way )(?:so that|so (?:i|we|they) can|because|in order to|to (?:see|check|verify|know|find out) (?:if|whether)|(?:that|which) (?:i|we|they|he|she|(?:the|our|my|a) \w+) can \w+|to (?:paste|send|forward|show|attach|copy)(?= (?:it|this|that|them|into|to|in)\b)|to (?:run|make|do) (?:another|one more|a new))\b[^.!?]*",
        "",
    ),
    (
        rf"^(?:(?:the|a|an|our|my|one of our|this) )?(?:{'|'.join(PEOPLE)})s? (?:(?:is |are |was |were |just |now |also )*(?:ask|want|wonder|need|like|inquir|enquir)\w*)(?: (?:us|me|about|to know|to find out|to see|to learn))* (?:if|whether|(?=how|what|which|why|where|when|who))",
        "",
    ),
    (r"^(?:(?:the|a|an|our|my) )?(?:ticket|case|incident)(?: (?:no\.?|number|id))? ?#?[\w-]*\d[\w-]*\s*[:,-]\s*", ""),
    (r"\b(?:be so (?:kind|good|nice) (?:as to|and)|be (?:kind|good|nice) enough to) ", ""),
    (r"\bwhile (?:you are|you're|ur|we are|we're) at it\b,?", ""),
    (
        rf"(?:\b(?:i|we)(?:'d| would)? (?:like to )?|\b(?:can|could|may|might) (?:i|we) )?\b(?:have|get|want|need|like|see) (?P<what>(?:(?:the|my|our|this|that|its|an?) )?[^,.?!]{{1,50}}?) (?:to be |be )?(?P<done>{DONE})\b(?! (?:by|since|yesterday|today|in the|this|last|calls|apis|endpoints))",
        r"\g<done> \g<what>",
    ),
    (r"\bmak(?:e|ing) (?:an? )?(?P<deed>pause|replay|test replay|archive|import|copy|stop) (?:of|for|on|from|to) ", r"\g<deed> "),
    (r"\bbring (?P<what>[^,.?!]{1,50}?) up[- ]to[- ]date\b", r"refresh \g<what>"),
    (r"\bwhy's\b", "why is"),
    (
        r"\b(?:don't|do not) (?:allow|accept|forward|let through) (?:anything|any methods?|any (?:calls|requests?)|methods?) (?:but|except|other than) (?=[A-Z]{3,7}\b)",
        "allow only ",
    ),
    (r"(?<![\w.+-])([\w.+-]+@[\w.-]+\w),? (?:and |or |& )?(?=[\w.+-]+@)", r"\1,"),
    (r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)(?:,|,? (?:and|or)) (?=(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b)", r"\1/"),
    (r"\b([1-5]\d\ds?),? (?:and|or) (?=[1-5]\d\ds?\b)", r"\1 or "),
    (r"^i(?:'d| would)? (?:need|want|like) (?:the |some |a )?(docs?|documentation)\b(?! (?:as|in|to|like)\b)", r"write \1"),
    (r"^(?:please )?(?:fetch|request|call|hit|curl) (?=/)", "call GET "),
    (r"\bwhat does (this|that|the) (error|status|call|failure|response|message) mean\b", r"explain \1 \2"),
    (r"^(?:i (?:need|want|have|would like) to|i'm trying to|trying to) ([^,.?]+), how(?: (?:do|can|should) i(?: do (?:it|that|this))?)?\??$", r"how do i \1?"),
    (r"\b(?:(?:i|we) )?(?:don't|do not|no longer)(?: want to| need to)? (?:monitor|watch|check|track) (.*?)\s*any ?(?:more|longer)\b", r"stop monitoring \1"),
    (r"\b(?:i |we )?(?:no longer want to|(?:don't|do not) want to) (share|lend|monitor)\b", r"stop \1"),
    (r"\b(?:its|the) (?:new )?name (?:should|shall|must|has to) be(?:come)?\b|\bit (?:should|shall|must) be (?:called|named)\b", "rename it to"),
    (r"\bwhat (?:am|are) (?:i|we) doing wrong\b|\bwhat did (?:i|we) do wrong\b", "why does it fail"),
    (r"\b(?:a )?quarter (?:of an )?hour\b", "15 minutes"),
    (
        r"[,.;]? \b(?:that|it|which)(?:'d| would|'s| is)(?: be)? (?:very |really |so |just )?(?:swell|great|nice|awesome|lovely|cool|perfect|good|wonderful|fantastic|brilliant|ideal|appreciated|helpful|super|fine)\b(?! (?:if|to))",
        "",
    ),
    (r"\bmore time th[ae]n\b", "longer than"),
    (r"\bhow much (?=(?:\w+ )?(?:calls|requests|errors|apis|endpoints|keys|failures)\b)", "how many "),
    (r"\b(tag|label) (?:this|that|the|my) (?:api|endpoint|one) ", r"\1 it "),
    (r"\b(longer|slower|more|less|faster|later|earlier|bigger|rather|other) then\b", r"\1 than"),
    (r"[‘’]", "'"),
    (r" and an? half\b", "-and-a-half"),
    (r"\b(hundred|thousand) and (?=[a-z]+\b|\d)", r"\1-"),
    (r"…", "... "),
)

# What may trail a name and is no part of it.
TRAILER = r"\s+(?:from (?:now|here) on|please|pls|instead|for me|thanks?(?: you)?|now|for now|if you (?:can|could|please))$"

# "I don't need it any more" says why a deletion is asked for, where other negations forbid something.
NO_LONGER = r"\b(?:do(?:n't|nt| not|n’t)|no longer) (?:\w+ )?(?:need|want|use|care)\b"

# A piece of a sentence that goes on with the thing before it.
CONTINUES = r"^name:? [\w-]+$|^(?:(?:and|please|also) )*(?:tagged|labell?ed|named|called|titled) \S|^(?:(?:and|please|also) )*(?:call|name|tag|label|title) (?:it|this|that|him|her|them)\b(?!\s*(?:$|again))"
