// Copyright (c) 2026, Mondoo platform collection contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Validates GraphQL requests with graphql-js: an array of requests as JSON on stdin, the errors of each on stdout.
"use strict";

const fs = require("fs");
const { buildSchema, getVariableValues, parse, validate } = require("graphql");

function refuse({ schema: text, document: source, variables }) {
  const schema = buildSchema(text);
  const document = parse(source);
  const refused = validate(schema, document);
  if (refused.length) {
    return refused;
  }
  const [operation] = document.definitions.filter(({ kind }) => kind === "OperationDefinition");
  return getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors ?? [];
}

const answers = JSON.parse(fs.readFileSync(0, "utf-8")).map((request) =>
  refuse(request).map(({ message, path }) => (path ? { message, path } : { message })),
);
console.log(JSON.stringify(answers));
