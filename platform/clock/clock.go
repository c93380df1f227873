// Package clock passes time in, so that a year can pass in a minute and a test can stand still.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time. Every part that needs the time is given one.
type Clock interface{ Now() time.Time }

// Real is the machine's clock, in UTC.
type Real struct{}

// Now returns the machine's time.
func (Real) Now() time.Time { return time.Now().UTC() }

// Sim is a clock that stands still until it is set. It never goes back.
type Sim struct {
	mu  sync.Mutex
	now time.Time
}

// NewSim returns a clock that stands at t.
func NewSim(t time.Time) *Sim { return &Sim{now: t.UTC()} }

// Now returns the simulated time.
func (s *Sim) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Set moves the clock forward to t; an earlier t leaves it where it is. It reports whether the clock moved.
func (s *Sim) Set(t time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !t.After(s.now) {
		return false
	}
	s.now = t.UTC()
	return true
}
