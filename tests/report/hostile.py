"""What a hostile customer, file or product would write."""

import itertools

PAYLOADS = (
    "<script>document.title='pwned'</script>",
    '"><img src=x onerror="document.title=\'pwned\'">',
    "<svg onload=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://tracker.example/p.png)",
    "<a href='javascript:alert(1)'>x</a>",
    "</style><style>*{background:url(https://x.example)}</style>",
    "</title><script>alert(1)</script>",
    "--><b>x</b><!--",
    "{{ 7 * 7 }}{% for x in y %}",
    "$x$ $\\undefined$ $$\\frac{1}{",
    "\u202egpj.exe\u202c \u2066x\u2069",
    "x" * 3000,
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href='https://x.example/'>",
    "<meta http-equiv=refresh content='0;url=//x'>",
    "<form action=https://x.example><input name=q>",
    "<object data=x></object><embed src=x>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00\x07<scr\x00ipt>alert(1)</script>",
    "' onmouseover='alert(1)",
    "<details open ontoggle=alert(1)>",
    "<!--[if gte IE 4]><b><![endif]-->",
    "]]><![CDATA[<script>alert(1)</script>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "日本語 🍲 العربية",
    "=1+1;cmd|' /C calc'!A0",
)


def hostile():
    """Every text becomes a payload followed by itself; each payload is used in turn."""
    turn = itertools.cycle(PAYLOADS)
    return lambda text: f"{next(turn)} {text}"

# more of what a page must show as text: tags, attributes, addresses, comments, templates and signs that hide
MORE = (
    "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
    "<script/src=data:,alert(1)>",
    "<img src=x:x onerror=alert(1)//",
    "<IMG SRC=`javascript:alert(1)`>",
    "<body onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<video src=x onerror=alert(1)>",
    "<audio src=//x.example/a.mp3 autoplay>",
    "<link rel=stylesheet href=//x.example/x.css>",
    "<link rel=prefetch href=https://x.example/>",
    "<style>@import '//x.example/x.css';</style>",
    "<table background=//x.example/p.png>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>",
    "<textarea></textarea><script>alert(1)</script>",
    "<marquee onstart=alert(1)>",
    "<button formaction=javascript:alert(1)>x",
    "<a href=\"java\tscript:alert(1)\">x</a>",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<plaintext>",
    "<xmp><script>alert(1)</script></xmp>",
    "\" style=\"background:url(//x.example/p.png)",
    "' srcdoc='<script>alert(1)</script>",
    "javascript:alert(document.domain)",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "<script>alert(1)</script>",
    "</p></td></tr></table><script>alert(1)</script>",
    "</summary></details><img src=x onerror=alert(1)>",
    "</h2><script>alert(1)</script><h2>",
    "${alert(1)}`+alert(1)+`",
    "{{constructor.constructor('alert(1)')()}}",
    "<#assign x=1>${x} <%= 7*7 %> <?php echo 1 ?>",
    "\u200b\u200f\u061c<b\u00ad>x",
)
EVERY = PAYLOADS + MORE
