"""Captured calls: `captures` keeps them, `capture_search` lists them, by filters that `call_filters` reads.

One call is read (`bodies`, `outline`), explained, compared, copied, sent again or answered from; a file of calls is imported; many make a chart.
"""
