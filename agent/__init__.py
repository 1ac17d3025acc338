"""The rooms of Wiretalk: capabilities, the tools over them, and the loop that lets a model use the tools."""
