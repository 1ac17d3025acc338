from agent.providers.guide.plan import Plan
def compose(plan: Plan, tools) -> str: return "x"
