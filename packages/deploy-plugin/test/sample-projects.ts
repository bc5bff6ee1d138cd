/** Projects as people have them, by their files. */
export const nodeShop: Readonly<Record<string, string>> = {
  'package.json':
    '{ "name": "@acme/shop", "version": "1.0.0", "scripts": { "start": "node server.js" }, "dependencies": { "fastify": "5.0.0", "pg": "8.0.0", "ioredis": "5.0.0" } }\n',
  'server.js': [
    "import Fastify from 'fastify'",
    'const port = process.env.PORT || 8080',
    "const db = process.env.DATABASE_URL, cache = process.env['REDIS_URL']",
    'const key = process.env.STRIPE_SECRET_KEY, secret = process.env.SESSION_SECRET',
    "app.get('/healthz', () => 'ok')",
    '',
  ].join('\n'),
  Dockerfile: 'FROM node:24.1.0-alpine\nWORKDIR /app\nCOPY . .\nUSER node\nEXPOSE 8080\nCMD ["node", "server.js"]\n',
  '.dockerignore': 'node_modules\n.env*\n',
  '.gitignore': 'node_modules\n',
}

export const goTool: Readonly<Record<string, string>> = {
  'go.mod': 'module example.com/acme/ticker/v2\n\ngo 1.24\n',
  'main.go':
    'package main\n\nfunc main() {\n\tlevel := os.Getenv("LOG_LEVEL")\n\thttp.HandleFunc("/health", ok)\n\thttp.ListenAndServe(":9000", nil)\n}\n',
}

export const monorepo: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "suite", "private": true, "workspaces": ["apps/*"] }\n',
  'apps/api/requirements.txt': 'fastapi==0.115\nuvicorn\npsycopg[binary]\n',
  'apps/api/main.py':
    'import os\nfrom fastapi import FastAPI\napp = FastAPI()\ntoken = os.environ["API_TOKEN"]\nurl = os.getenv("DATABASE_URL")\n@app.get("/health")\ndef health(): ...\n',
  'apps/api/Dockerfile': 'FROM python:3.13.1-slim\nCOPY . .\nUSER 1000\nEXPOSE 8000\nCMD ["uvicorn", "main:app"]\n',
  'apps/web/package.json': '{ "name": "web", "scripts": { "build": "vite build" }, "devDependencies": { "vite": "7.0.0" } }\n',
  'apps/web/index.html': '<!doctype html>\n',
}

export const handMade: Readonly<Record<string, string>> = {
  'docker-compose.yml': [
    'services:',
    '  app:',
    '    image: ghcr.io/acme/app:1.2.3',
    '    ports: ["127.0.0.1:3000:3000"]',
    '    depends_on: [Data_Base]',
    '  Data_Base:',
    '    image: postgres:17.2',
    '    volumes: ["pg:/var/lib/postgresql/data"]',
    '    expose: ["5432"]',
    'volumes:',
    '  pg: {}',
    '',
  ].join('\n'),
  '.env.staging': 'A=1\n',
}
