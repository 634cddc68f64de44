import { ProtocolError, Server } from '@modelcontextprotocol/server'
import { z } from 'zod'
import packageJson from '../../package.json' with { type: 'json' }
import { IMPLEMENTATION_TIER } from '../domain/implementation-tier.ts'
import { refuse } from '../domain/refusal.ts'
import { codeOfFault } from '../listener/faults.ts'
import type { SessionExtension } from './extension.ts'
import { rpcErrorOf } from './refusals.ts'
import { refusedAnswer, type ToolAnswer, type ToolRequest } from './tool.ts'
import { TOOLS } from './tools.ts'

/** Told to the model once, by hosts that do so. */
const INSTRUCTIONS =
  'Secrets are used through these tools and never seen. Ask with request_secret, then act with ' +
  'execute_action. Where a person has to approve, wait and look with check_status.'

/** Marks the tools as those of LEASH, and says how secrets are kept (LEASH-43, LEASH-47). */
const META = { 'leash/required': true, 'leash/tier': IMPLEMENTATION_TIER } as const

const INVALID_PARAMS = -32602

/**
 * A server for one request of one caller: the tools of LEASH in both spellings, and what the
 * extensions bring. It keeps nothing: there are no sessions, so none outlives its caller.
 */
export function createSession(
  asked: ToolRequest,
  extensions: readonly SessionExtension[],
): InstanceType<typeof Server> {
  const experimental = Object.fromEntries(
    extensions.map((extension) => [extension.name, { ...extension.capability(asked) }]),
  )
  const server = new Server(
    { name: 'writ', title: 'Writ', version: packageJson.version },
    {
      capabilities: { tools: { listChanged: false }, experimental } as never,
      instructions: INSTRUCTIONS,
    },
  )
  server.setRequestHandler('tools/list', () => ({ tools: listedTools() as never }))
  server.setRequestHandler('tools/call', async ({ params }) => {
    const tool = TOOLS.get(params.name)
    if (tool === undefined) {
      const { message, data } = rpcErrorOf(refuse('not_found').refusal, asked.request)
      throw new ProtocolError(INVALID_PARAMS, `There is no such tool. ${message}`, data)
    }
    return { ...(await callTool(asked, tool, params.arguments ?? {})) }
  })
  for (const extension of extensions) addMethods(server, extension, asked)
  return server
}

/** The requests of an extension; it reads their parameters itself. */
function addMethods(
  server: InstanceType<typeof Server>,
  extension: SessionExtension,
  asked: ToolRequest,
): void {
  for (const method of extension.methods) {
    server.setRequestHandler(method, { params: ANY }, async ({ _meta, ...own }) => {
      const answer = await extension.answer(asked, method, own)
      if (answer.ok) return answer.result as Record<string, unknown>
      const { code, message, data } = answer.error
      throw new ProtocolError(code, message, data)
    })
  }
}

const ANY = z.looseObject({})

async function callTool(
  asked: ToolRequest,
  tool: { call(asked: ToolRequest, given: unknown): Promise<ToolAnswer> },
  given: unknown,
): Promise<ToolAnswer> {
  try {
    return await tool.call(asked, given)
  } catch (error) {
    asked.serving.log.fault('mcp.fault', error, { request_id: asked.request })
    return refusedAnswer(refuse(codeOfFault(error)).refusal, asked.request)
  }
}

function listedTools(): readonly unknown[] {
  return [...TOOLS].map(([name, tool]) => {
    const { title, description, annotations, inputSchema, outputSchema } = tool
    return { name, title, description, annotations, inputSchema, outputSchema, _meta: META }
  })
}
