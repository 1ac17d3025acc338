"""How secrets are told and hidden. `redact` is the door: headers, addresses, JSON, bodies and texts in, the same with marks out.

`finding` tells what is a secret, by the tables in `patterns`; `places` by what name a value is judged, `texts` what a sentence gives away; `marks` is what stands instead.
"""
