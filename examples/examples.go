// Package examples holds the cases that the demo and the reports read when no other file is given.
package examples

import _ "embed"

// Xiaomi2023 is the founding case: one percent of hardware margin, and a pack that is nearly half of the car's cost.
//
//go:embed xiaomi-2023/demo.yaml
var Xiaomi2023 []byte
