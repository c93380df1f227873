//go:build !linux

package sourcing

import "time"

var started = time.Now()

// cpuTime is the wall clock where the CPU time of a thread is not to be had.
func cpuTime() time.Duration { return time.Since(started) }
