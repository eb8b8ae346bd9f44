// Copyright (c) 2026, Mondoo platform collection contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// Validates GraphQL requests with gqlparser: an array of requests as JSON on stdin, the errors of each on stdout.
package main

import (
	"encoding/json"
	"os"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"
)

type request struct {
	Schema    string                 `json:"schema"`
	Document  string                 `json:"document"`
	Variables map[string]interface{} `json:"variables"`
}

type problem struct {
	Message string   `json:"message"`
	Path    ast.Path `json:"path,omitempty"`
}

func main() {
	var requests []request
	decoder := json.NewDecoder(os.Stdin)
	// As a server reads a request, so that an integer stays one.
	decoder.UseNumber()
	if err := decoder.Decode(&requests); err != nil {
		panic(err)
	}
	answers := make([][]problem, len(requests))
	for number, asked := range requests {
		answers[number] = []problem{}
		for _, refusal := range refuse(asked) {
			answers[number] = append(answers[number], problem{refusal.Message, refusal.Path})
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

func refuse(asked request) gqlerror.List {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: asked.Schema})
	if err != nil {
		panic(err)
	}
	document, refused := gqlparser.LoadQuery(schema, asked.Document)
	if refused != nil {
		return refused
	}
	_, invalid := validator.VariableValues(schema, document.Operations[0], asked.Variables)
	if invalid == nil {
		return nil
	}
	if refusal, ok := invalid.(*gqlerror.Error); ok {
		return gqlerror.List{refusal}
	}
	return gqlerror.List{gqlerror.Errorf("%s", invalid)}
}
