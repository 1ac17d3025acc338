"""How paths are decided: which segments are parameters, and which routes are one operation.

`tree` knows the paths of a capture as a whole; `reasons` (what a value says of itself) and `bonds` (what two values have in common) weigh the evidence;
`alternatives` tells operations from values, `clusters` finds the siblings that belong together, `roles` decides; `grouping` makes templates of that. The syntax of a single segment is in `agent.spec.path_syntax`, its kind in `agent.spec.values`.
"""
