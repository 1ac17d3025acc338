"""Spec in, document out: OpenAPI, Markdown, TypeScript, GraphQL, Postman, `.http`, Arazzo, and samples of code. No secret gets into one."""
