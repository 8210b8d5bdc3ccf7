// TypeScript types from the part of JSON Schema that board.schema.json uses: types, arrays, enums,
// references, required members.
const typeOf = node => {
  if (node.$ref) return node.$ref.split('/').pop();
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map(value => JSON.stringify(value)).join(' | ');
  if (node.anyOf) return node.anyOf.map(typeOf).join(' | ');
  if (Array.isArray(node.type)) return node.type.map(type => typeOf({ ...node, type })).join(' | ');
  switch (node.type) {
    case 'integer': case 'number': return 'number';
    case 'string': case 'boolean': case 'null': return node.type;
    case 'array':
      return node.prefixItems ? `[${node.prefixItems.map(typeOf).join(', ')}]` : `(${typeOf(node.items)})[]`;
    case 'object': return members(node);
    default: throw new Error(`no type for ${JSON.stringify(node)}`);
  }
};

const members = node => {
  const lines = Object.entries(node.properties).map(([name, value]) => {
    const note = value.description ? `  /** ${value.description} */\n` : '';
    return `${note}  ${name}${node.required?.includes(name) ? '' : '?'}: ${typeOf(value)};`;
  });
  return `{\n${lines.join('\n')}\n}`;
};

export const typesOf = schema =>
  '// Made by build.mjs from app/board/schema/board.schema.json.\n\n' +
  Object.entries(schema.$defs)
    .map(([name, node]) => (node.description ? `/** ${node.description} */\n` : '') +
      `export type ${name} = ${typeOf(node)};\n`)
    .join('\n');
